export { type AuditEntry, audit, auditAll } from './audit.ts';

export { type AuditEntry, audit, auditAll } from './audit.ts';
export { type RunningRollouts, startRollouts } from './running.ts';

export { reportedBy } from './reporting.ts';

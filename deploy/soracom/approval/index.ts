export { approve, assertApproved } from './approval.ts';

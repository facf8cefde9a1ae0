export { type Choice, Provisioner, type ProvisioningState, summaryOf } from './provisioner.ts';
export { hashOf, type Judgement, judge, MOST_USER_DATA_BYTES } from './user-data.ts';

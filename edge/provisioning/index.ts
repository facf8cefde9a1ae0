export { type Choice, keptUserData, Provisioner, type ProvisioningState, summaryOf } from './provisioner.ts';
export { NOTHING_KNOWN, type UserDataRecord } from './record.ts';
export { hashOf, type Judgement, judge, MOST_USER_DATA_BYTES } from './user-data.ts';

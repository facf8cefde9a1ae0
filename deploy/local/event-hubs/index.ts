export type { HubOptions, HubRecovery } from './hub.ts';
export { type Claim, KEY_SLOTS, type KeyPair, type KeySlot, type Keys, POLICIES, type PolicyName } from './keys.ts';
export type { Damage, LogRecovery, OpenSegmentFile, Retention, SegmentFile, TornTail } from './log/index.ts';
export { partitionOfKey } from './partition-key.ts';
export { type EventHubs, type EventHubsOptions, type Logger, type RecoveryReport, startEventHubs } from './server.ts';

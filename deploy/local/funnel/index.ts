export { type Sim, simOf } from '../sims/index.ts';
export { BODY_LIMIT_BYTES } from './answers.ts';
export { type Fate, type Faults, fateOf, NO_FAULTS } from './faults.ts';
export { type DeliveryError, type Funnel, type FunnelOptions, startFunnel } from './funnel.ts';
export { type FunnelGroup, type GroupContentType, STANDARD_GROUP } from './group.ts';
export type { SharedAccessKey } from './outlet.ts';
export type { FunnelStats } from './stats.ts';

export {
  Account,
  CONFIGURATION_LIMIT_BYTES,
  type Configuration,
  type Credential,
  type Group,
  type LogEntry,
  type Settings,
  type SimSeed,
  type SimSettings,
} from './account/index.ts';
export { type AuthKey, environmentFileIn } from './auth-key.ts';
export type { Fault, FaultKind, Faults } from './faults.ts';
export {
  beamKeyOf,
  funnelGroupOf,
  metadataTagsOf,
  sharedAccessKeyOf,
  tellDeliveryError,
  userDataOf,
} from './services.ts';
export { OPERATOR_ID, type SoracomApi, type SoracomApiOptions, startSoracomApi } from './soracom-api.ts';

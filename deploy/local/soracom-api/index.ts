export {
  Account,
  CONFIGURATION_LIMIT_BYTES,
  type Configuration,
  type Credential,
  configurationBytes,
  type Group,
  type LogEntry,
  NO_SETTINGS,
  type Settings,
  type SimSeed,
  type SimSettings,
} from './account/index.ts';
export { type AuthKey, environmentFileIn } from './auth-key.ts';
export type { Fault, FaultKind, Faults } from './faults.ts';
export * as schema from './schema/index.ts';
export {
  beamKeyOf,
  funnelGroupOf,
  metadataTagsOf,
  sharedAccessKeyOf,
  tellDeliveryError,
  userDataOf,
} from './services.ts';
export { OPERATOR_ID, type SoracomApi, type SoracomApiOptions, startSoracomApi } from './soracom-api.ts';

export { Account, type AccountOptions, type AuditEntry, type LogEntry, type SimSeed } from './account.ts';
export {
  type CredentialRequest,
  credentialIn,
  withChangedCredential,
  withNewCredential,
  withoutCredential,
} from './credentials.ts';
export type { AirValues, BeamValues, FunnelValues } from './group-values.ts';
export {
  CONFIGURATION_LIMIT_BYTES,
  groupIn,
  withConfiguration,
  withGroup,
  withGroupTags,
  withoutConfigurationKey,
  withoutGroup,
  withoutGroupTag,
  withoutNamespace,
} from './groups.ts';
export type {
  Configuration,
  Credential,
  Group,
  Namespace,
  OwnedSim,
  Settings,
  SimSettings,
  Tags,
} from './model.ts';
export { settingsOf, withoutSimTag, withSimInGroup, withSimInNoGroup, withSimTags } from './sims.ts';
export { shownTags, type TagUpdates, tagsOf } from './tags.ts';

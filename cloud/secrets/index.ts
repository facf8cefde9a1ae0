export { HubIdentity, type HubIdentityOptions, type HubToken } from './hub-identity.ts';
export type { SecretState } from './kept-secret.ts';
export { openSecrets } from './open-secrets.ts';
export { openVault, vaultSettingsFromEnvironment } from './open-vault.ts';
export type { ChangingSecret, SecretSource, SecretsReport } from './source.ts';
export type {
  JwtFrom,
  KvSecret,
  SecretId,
  Vault,
  VaultAnswer,
  VaultAuth,
  VaultLease,
  VaultLogger,
  VaultParts,
  VaultSettings,
  VaultWriteOptions,
} from './vault.ts';

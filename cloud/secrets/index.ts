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

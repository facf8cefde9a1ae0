import type { CloudConfiguration } from '../config/index.ts';
import { environmentSecrets } from './environment.ts';
import type { SecretSource } from './source.ts';
import type { JwtFrom, SecretId, VaultAuth, VaultParts, VaultSettings } from './vault.ts';
import { openVaultSecrets, type VaultPaths } from './vault-secrets.ts';

type Role = 'worker' | 'api' | 'all';

interface OpenSecretsParts extends VaultParts {
  /** Where Azure says how to ask for a managed identity's token. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Opens the source that the configuration names, with what a program of this role needs.
 *
 * @throws TashikaError as openVaultSecrets
 */
export async function openSecrets(
  role: Role,
  configuration: CloudConfiguration,
  { env, ...parts }: OpenSecretsParts,
): Promise<SecretSource> {
  if (configuration.secrets.source === 'environment') return environmentSecrets(configuration);
  const paths = vaultPathsOf(role, configuration);
  return openVaultSecrets(vaultSettingsOf(role, configuration, env), paths, configuration, parts);
}

/** Roles in Vault are named after the programs; one that does both has the worker's. */
function programOf(role: Role): string {
  return role === 'api' ? 'tashika-api' : 'tashika-worker';
}

function vaultPathsOf(role: Role, { secrets: { vault }, store, eventHubs: { auth } }: CloudConfiguration): VaultPaths {
  const { eventHubs, beam, watchMs, database = `database/creds/${programOf(role)}` } = vault;
  return {
    ...(role !== 'api' && auth === 'connection-string' && { eventHubs }),
    ...(role !== 'worker' && { beam }),
    ...(!store.url.startsWith('pglite:') && { database }),
    watchMs,
  };
}

/** The settings of a session; the configuration's rules have held it to be whole. */
function vaultSettingsOf(
  role: Role,
  { secrets: { vault } }: CloudConfiguration,
  env: OpenSecretsParts['env'],
): VaultSettings {
  const { address, namespace, caFile } = vault;
  return {
    address: address!,
    auth: authOf(role, vault.auth, env),
    ...(namespace !== undefined && { namespace }),
    ...(caFile !== undefined && { caFile }),
  };
}

function authOf(
  role: Role,
  given: CloudConfiguration['secrets']['vault']['auth'],
  env: OpenSecretsParts['env'],
): VaultAuth {
  const { method, mount = method, token, roleId } = given;
  switch (method) {
    case 'token':
      return { method, token: token! };
    case 'approle':
      return { method, mount, roleId: roleId!, secretId: secretIdOf(given) };
    case 'jwt':
      return { method, mount, role: given.role ?? programOf(role), jwt: jwtOf(given, env) };
  }
}

function secretIdOf({
  secretId,
  secretIdFile,
  secretIdWrapped: wrapped,
}: CloudConfiguration['secrets']['vault']['auth']): SecretId {
  if (secretId !== undefined) return { kind: 'value', value: secretId, wrapped };
  return { kind: 'file', path: secretIdFile!, wrapped };
}

function jwtOf(
  { jwtFile, azureResource, azureClientId }: CloudConfiguration['secrets']['vault']['auth'],
  { IDENTITY_ENDPOINT: url, IDENTITY_HEADER: header }: OpenSecretsParts['env'],
): JwtFrom {
  if (jwtFile !== undefined) return { kind: 'file', path: jwtFile };
  return {
    kind: 'azure',
    resource: azureResource!,
    ...(azureClientId !== undefined && { clientId: azureClientId }),
    ...(url && header && { endpoint: { url, header } }),
  };
}

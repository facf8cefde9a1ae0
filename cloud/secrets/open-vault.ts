import { TashikaError } from '@tashika/shared/errors';
import { vaultAddressProblem } from '../config/index.ts';
import { VaultSession } from './session.ts';
import type { Vault, VaultAuth, VaultParts, VaultSettings } from './vault.ts';

/**
 * Opens a session: logs in, and keeps its token fresh until it is stopped.
 *
 * @throws TashikaError VAULT_UNREACHABLE, VAULT_SEALED, VAULT_DENIED, VAULT_REFUSED, VAULT_SECRET_ID_OPENED,
 *   CONFIG_UNREADABLE for a file that can't be read
 */
export function openVault(settings: VaultSettings, parts: VaultParts): Promise<Vault> {
  return VaultSession.open(settings, parts);
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The settings of a command line, by the variables that Vault's own has: VAULT_ADDR, VAULT_NAMESPACE, VAULT_CACERT,
 * and VAULT_TOKEN, or VAULT_ROLE_ID with VAULT_SECRET_ID (AppRole).
 *
 * @throws TashikaError CONFIG_INVALID, naming the variable
 */
export function vaultSettingsFromEnvironment(env: Environment): VaultSettings {
  const { VAULT_ADDR: address, VAULT_NAMESPACE: namespace, VAULT_CACERT: caFile } = env;
  if (!address)
    throw new TashikaError('CONFIG_INVALID', 'VAULT_ADDR is missing: give the address of Vault, https://….');
  const problem = vaultAddressProblem('VAULT_ADDR', address);
  if (problem !== undefined) throw new TashikaError('CONFIG_INVALID', problem);
  return { address, auth: authFrom(env), ...(namespace && { namespace }), ...(caFile && { caFile }) };
}

function authFrom({ VAULT_TOKEN, VAULT_ROLE_ID, VAULT_SECRET_ID }: Environment): VaultAuth {
  if (VAULT_TOKEN) return { method: 'token', token: VAULT_TOKEN };
  if (VAULT_ROLE_ID && VAULT_SECRET_ID)
    return {
      method: 'approle',
      mount: 'approle',
      roleId: VAULT_ROLE_ID,
      secretId: { kind: 'value', value: VAULT_SECRET_ID, wrapped: false },
    };
  throw new TashikaError(
    'CONFIG_INVALID',
    'There is nothing to log in to Vault with: set VAULT_TOKEN, or VAULT_ROLE_ID and VAULT_SECRET_ID.',
  );
}

import { openVault, type Vault, vaultSettingsFromEnvironment } from '@tashika/cloud/secrets';
import { TashikaError } from '@tashika/shared/errors';
import type { CommandContext } from '../command/index.ts';
import { type AuthKey, type Coverage, endpointOf, SoracomApi } from './api/index.ts';
import { Secrets } from './apply/index.ts';

const AUTH_KEY_PATH = 'kv/tashika/soracom';

/** What a command works with: the API, secrets, and Vault, which is opened where something is asked of it. */
export interface Surroundings {
  readonly api: SoracomApi;
  readonly secrets: Secrets;
  readonly vault: () => Promise<Vault>;
}

export interface Account {
  readonly coverage: Coverage;
  /** Whichever the key is of, if absent. */
  readonly operatorId?: string;
}

type Context = Pick<CommandContext, 'env' | 'clock' | 'signal'>;

/**
 * Gives `work` what it needs, and gives tokens back whatever comes of it.
 *
 * @throws what `work` throws; TashikaError `CONFIG_INVALID`, `SORACOM_WRONG_ACCOUNT` for a wrong `SORACOM_ENDPOINT`
 */
export async function surroundedBy<T>(
  account: Account,
  { env, clock, signal }: Context,
  work: (surroundings: Surroundings) => Promise<T>,
): Promise<T> {
  const { vault, close } = lazyVault({ env, clock });
  const api = new SoracomApi({
    endpoint: endpointOf(account.coverage, env),
    ...(account.operatorId === undefined ? {} : { operatorId: account.operatorId }),
    authKey: () => authKeyFrom(env, vault),
    ...{ clock, signal },
  });
  const secrets = new Secrets({ env, vault, concealment: api.concealment });
  try {
    return await work({ api, secrets, vault });
  } finally {
    await api.close();
    await close();
  }
}

/** Vault for what needs nothing else. */
export async function withVault<T>(
  context: Pick<Context, 'env' | 'clock'>,
  work: (vault: Vault) => Promise<T>,
): Promise<T> {
  const { vault, close } = lazyVault(context);
  try {
    return await work(await vault());
  } finally {
    await close();
  }
}

function lazyVault({ env, clock }: Pick<Context, 'env' | 'clock'>) {
  let opening: Promise<Vault> | undefined;
  const quiet = () => {};
  const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet }; // what matters is thrown
  return {
    vault: async () => {
      opening ??= openVault(vaultSettingsFromEnvironment(env), { clock, logger });
      return opening;
    },
    close: async () => (await opening?.catch(() => undefined))?.stop(),
  };
}

/**
 * The key to log in to SORACOM with: of the environment, or the one in Vault.
 *
 * @throws TashikaError `CONFIG_INVALID` where neither is named, `VAULT_SECRET_MISSING`; what opening Vault throws
 */
export async function authKeyFrom(env: Context['env'], vault: () => Promise<Vault>): Promise<AuthKey> {
  const { SORACOM_AUTH_KEY_ID: authKeyId, SORACOM_AUTH_KEY: authKey, VAULT_ADDR } = env;
  if (authKeyId && authKey) return { authKeyId, authKey };
  if (!VAULT_ADDR)
    throw new TashikaError(
      'CONFIG_INVALID',
      `There is nothing to log in to SORACOM with: set SORACOM_AUTH_KEY_ID and SORACOM_AUTH_KEY, or VAULT_ADDR for ${AUTH_KEY_PATH}.`,
    );
  const kept = (await (await vault()).readKv(AUTH_KEY_PATH))?.data;
  if (kept?.authKeyId && kept.authKey) return { authKeyId: kept.authKeyId, authKey: kept.authKey };
  throw new TashikaError(
    'VAULT_SECRET_MISSING',
    `Vault has no authKeyId and authKey at ${AUTH_KEY_PATH}. Put them there: vault kv put ${AUTH_KEY_PATH} authKeyId=keyId-… authKey=-`,
  );
}

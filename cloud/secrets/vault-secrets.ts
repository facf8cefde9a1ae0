import { TashikaError } from '@tashika/shared/errors';
import { fingerprintOf } from '@tashika/shared/fingerprint';
import type { Duration } from '@tashika/shared/time';
import { type CloudConfiguration, connectionStringParts, connectionStringProblems } from '../config/index.ts';
import type { DatabaseLogin } from '../store/index.ts';
import { type Fetched, KeptSecret, type SecretOrigin } from './kept-secret.ts';
import { VaultSession } from './session.ts';
import type { SecretSource } from './source.ts';
import type { KvSecret, VaultParts, VaultSettings } from './vault.ts';

/** Which of the secrets a program needs, and where they are in Vault. */
export interface VaultPaths {
  readonly eventHubs?: string;
  readonly database?: string;
  readonly beam?: string;
  /** How often a key-value secret is looked at. */
  readonly watchMs: Duration;
}

/**
 * Secrets from Vault: keys are looked at for newer versions, credentials and the session's token are renewed and
 * replaced. What was leased under a token ends with it, so it is replaced when the session has another one.
 *
 * @param hub the event hub that the connection string is for
 * @throws TashikaError for what can't be had now, by its path and with what to do: VAULT_UNREACHABLE, VAULT_SEALED,
 *   VAULT_DENIED, VAULT_SECRET_MISSING, VAULT_REFUSED, VAULT_SECRET_ID_OPENED, CONFIG_INVALID, CONFIG_UNREADABLE
 */
export async function openVaultSecrets(
  settings: VaultSettings,
  paths: VaultPaths,
  { eventHubs: { hub } }: Pick<CloudConfiguration, 'eventHubs'>,
  parts: VaultParts,
): Promise<SecretSource> {
  const session = await VaultSession.open(settings, parts);
  const keeperParts = { ...parts, random: parts.random ?? Math.random };
  const kept: KeptSecret<unknown>[] = [];

  async function keep<T>(path: string | undefined, origin: (path: string) => SecretOrigin<T>) {
    if (path === undefined) return undefined;
    const secret = await KeptSecret.open(origin(path), keeperParts);
    kept.push(secret as KeptSecret<unknown>);
    return secret;
  }

  async function stop(): Promise<void> {
    // Not waited for: with the token that the session revokes, what they may still be given ends too.
    for (const secret of kept) void secret.stop();
    await session.stop();
  }

  try {
    const eventHubs = await keep(paths.eventHubs, (path) => hubKey(session, path, hub, paths.watchMs));
    const beam = await keep(paths.beam, (path) => beamKeys(session, path, paths.watchMs));
    const database = await keep(paths.database, (path) => credentials(session, path, paths.watchMs));
    session.onNewToken(async () => database?.replace());
    if (beam?.value.length === 0)
      parts.logger.warn({ path: paths.beam }, 'Vault has no key for Beam: no device gets a receipt until there is one');
    return {
      eventHubs,
      database,
      beam,
      vault: session,
      report: () => ({
        vaultAnswers: session.answers,
        secrets: [session.tokenState, ...kept.map(({ state }) => state)],
      }),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function hubKey(session: VaultSession, path: string, hub: string, everyMs: Duration): SecretOrigin<string> {
  return {
    name: 'event-hubs',
    async fetch() {
      const secret = await session.readKv(path);
      const connectionString = secret?.data.connectionString;
      if (!secret || !connectionString) throw missing(path, 'connectionString');
      const [problem] = connectionStringProblems(connectionString, hub);
      if (problem !== undefined)
        throw new TashikaError('CONFIG_INVALID', `${path} in Vault can't be used: ${problem.replace(/^\S+/, 'it')}`);
      return watched(connectionString, connectionStringParts(connectionString).sharedaccesskey ?? '', secret, everyMs);
    },
  };
}

/** No key at all is as good as a key: devices then get no receipts, and a key that comes later is taken. */
function beamKeys(session: VaultSession, path: string, everyMs: Duration): SecretOrigin<readonly string[]> {
  return {
    name: 'beam',
    async fetch() {
      const secret = await session.readKv(path);
      if (!secret) return watched([], '', { data: {}, version: 0 }, everyMs);
      const { preSharedKey, previousPreSharedKey } = secret.data;
      if (!preSharedKey) throw missing(path, 'preSharedKey');
      const keys = [preSharedKey, ...(previousPreSharedKey ? [previousPreSharedKey] : [])];
      return watched(keys, preSharedKey, secret, everyMs);
    },
  };
}

function credentials(session: VaultSession, path: string, everyMs: Duration): SecretOrigin<DatabaseLogin> {
  return {
    name: 'database',
    async fetch() {
      const { data, lease } = await session.read(path);
      const { username: user, password } = data;
      if (typeof user !== 'string' || typeof password !== 'string')
        throw new TashikaError(
          'VAULT_REFUSED',
          `${path} gives no username and password: it must be a role of a database engine.`,
        );
      return {
        value: { user, password },
        identity: fingerprintOf(`${user} ${password}`),
        known: { user },
        // A static role has no lease: its password is rotated by the engine, and looked at.
        news: lease ? { kind: 'granted', ...lease } : { kind: 'seen', everyMs },
        ...(lease && { leaseId: lease.id }),
      };
    },
    renew: (secret, grantedMs) => session.renewLease(secret.leaseId!, grantedMs),
  };
}

/** @param key what of the secret its fingerprint is of */
function watched<T extends string | readonly string[]>(
  value: T,
  key: string,
  { version }: KvSecret,
  everyMs: Duration,
): Fetched<T> {
  const known = { version, fingerprint: fingerprintOf(key) };
  return { value, identity: fingerprintOf(JSON.stringify(value)), known, news: { kind: 'seen', everyMs } };
}

function missing(path: string, field: string): TashikaError {
  const [mount, ...name] = path.split('/');
  return new TashikaError(
    'VAULT_SECRET_MISSING',
    `Vault has no field ${field} at ${path}: put it there with \`vault kv put -mount=${mount} ${name.join('/')} ${field}=-\`, which reads it from the standard input.`,
  );
}

import { randomBytes } from 'node:crypto';
import { type DirectoryLock, takeDataDirectory } from '@tashika/shared/data-directory';
import { type Clock, systemClock } from '@tashika/shared/time';
import { closed, listen, portOf } from '../listening/index.ts';
import { Account, type Settings, type SimSeed } from './account/index.ts';
import { type AuthKey, keepAuthKey, keptAuthKey, newAuthKey, type RandomBytes } from './auth-key.ts';
import { Faults } from './faults.ts';
import { RateLimit } from './rate-limit.ts';
import { apiServer } from './server.ts';
import { Sessions } from './sessions.ts';
import { Store } from './store.ts';

export interface SoracomApiOptions {
  /** 0 for any that is free. */
  readonly port?: number;
  readonly clock?: Clock;
  /** Where settings and the auth key are kept; left out, they are in memory alone. */
  readonly dataDirectory?: string;
  readonly operatorId?: string;
  /** What clients log in with. Left out: what is kept, or made at the first start. */
  readonly authKey?: AuthKey;
  /** What the account is set to where nothing is kept. */
  readonly settings?: Settings;
  readonly sims?: readonly SimSeed[];
  /** Requests a minute for each kind of resource; SORACOM's own figures are not published. Standard 600. */
  readonly requestsPerMinute?: number;
  readonly random?: RandomBytes;
  /** Told of what the stand-in itself got wrong. */
  readonly onFault?: (error: unknown) => void;
}

export interface SoracomApi {
  /** What `SORACOM_ENDPOINT` is set to. */
  readonly url: string;
  readonly port: number;
  readonly authKey: AuthKey;
  /** What the account is set to, for the stand-ins of SORACOM's services and for tests. */
  readonly state: Account;
  /** How the API fails; change it at any time. */
  readonly faults: Faults;
  close(): Promise<void>;
}

export const OPERATOR_ID = 'OP0012345678';

/**
 * Starts a stand-in for SORACOM's configuration API on loopback: auth, groups, credentials, SIMs and logs, by the
 * distilled schema in `schema/`.
 *
 * @throws TashikaError PORT_BUSY, DATA_DIRECTORY_IN_USE, DATA_DIRECTORY_UNWRITABLE, DISK_FULL, CONFIG_INVALID
 */
export async function startSoracomApi(options: SoracomApiOptions = {}): Promise<SoracomApi> {
  const { clock = systemClock, random = randomBytes, dataDirectory, onFault = () => {} } = options;
  const lock = dataDirectory === undefined ? undefined : await takeDataDirectory(dataDirectory);
  try {
    return await start(options, { clock, random, onFault }, lock);
  } catch (error) {
    await lock?.release();
    throw error;
  }
}

async function start(
  options: SoracomApiOptions,
  { clock, random, onFault }: Required<Pick<SoracomApiOptions, 'clock' | 'random' | 'onFault'>>,
  lock: DirectoryLock | undefined,
): Promise<SoracomApi> {
  const { dataDirectory, operatorId = OPERATOR_ID } = options;
  const store = dataDirectory === undefined ? undefined : new Store(dataDirectory);
  const former = store?.read();
  const settings = former ?? options.settings;
  const kept = dataDirectory === undefined ? undefined : keptAuthKey(dataDirectory);
  const authKey = options.authKey ?? kept ?? newAuthKey(random);
  const account = new Account({
    ...{ operatorId, since: clock.now(), sims: options.sims ?? [] },
    ...(settings && { settings }),
    ...(store && { keep: (changed: Settings) => store.keep(changed) }),
  });
  const faults = new Faults();
  const sessions = new Sessions(authKey, clock, random);
  const server = apiServer({
    ...{ account, sessions, clock, faults, onFault },
    rateLimit: new RateLimit(options.requestsPerMinute ?? 600, clock),
    newGroupId: () => uuid(random(16)),
    pageSize: () => faults.pageSize ?? Number.POSITIVE_INFINITY,
  });
  await listen(server, options.port ?? 0, '127.0.0.1');
  const port = portOf(server);
  const url = `http://127.0.0.1:${port}`;
  if (dataDirectory !== undefined) {
    keepAuthKey(dataDirectory, authKey, url);
    if (settings && !former) account.change((same) => same); // the first settings are there for the next start, too
  }
  return {
    ...{ url, port, authKey, state: account, faults },
    async close() {
      const closing = closed(server);
      server.closeAllConnections();
      await closing;
      await lock?.release();
    },
  };
}

/** Version 4 of RFC 9562, as SORACOM's group ids are. */
function uuid(bytes: Buffer): string {
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  );
}

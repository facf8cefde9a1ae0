import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Vault } from '@tashika/cloud/secrets';
import { type EventHubs, startEventHubs } from '@tashika/deploy/local/event-hubs';
import pg from 'pg';
import { onTestFinished } from 'vitest';
import { configure, sessionOf, siteOf } from '../conformance/vault/configured.ts';
import { type Bao, startBao } from './bao.ts';
import { CloudApi } from './cloud-api.ts';
import { SEED } from './cluster.ts';
import { temporaryDirectory } from './directory.ts';
import { sendToHub } from './hub.ts';
import { type Postgres, startPostgres } from './postgres.ts';
import { Program } from './program.ts';
import { type SentEvent, traffic } from './traffic.ts';

const HUB = 'telemetry';
const PREPARE = new URL('../../deploy/vault/postgresql/prepare.sql', import.meta.url);
const FIRST_PASSWORD = 'the-first-password-of-vault';

/** How long what Vault gives is good for: at first, and with all renewals. */
export interface ShortLives {
  readonly credentials: readonly [ttl: string, maxTtl: string];
  readonly token: readonly [ttl: string, maxTtl: string];
}

/** A program of the cloud that has its secrets from Vault. */
export interface VaultProgram {
  readonly program: Program;
  /** Where it tells its health and metrics. */
  readonly api: CloudApi;
  /** The wrapping token that it was started with. */
  readonly wrappingToken: string;
}

/** Hub, PostgreSQL and Vault, with Vault configured by the project's own files, and programs that know nothing but Vault. */
export interface VaultScene {
  readonly bao: Bao;
  readonly hub: EventHubs;
  readonly vault: Vault;
  readonly postgres: Postgres;
  query<Row extends pg.QueryResultRow>(sql: string): Promise<Row[]>;
  start(role: 'worker' | 'api'): Promise<VaultProgram>;
  /** Writes the connection string that workers listen with. */
  giveHubKey(connectionString: string): Promise<void>;
  /** Sends wave after wave until the answer is called, which resolves with all that was sent. */
  keepSending(): () => Promise<readonly SentEvent[]>;
}

export async function startVaultScene(lives: ShortLives): Promise<VaultScene> {
  const directory = temporaryDirectory();
  const [postgres, bao, hub] = await Promise.all([
    startPostgres({ directory: temporaryDirectory(), settings: { fsync: 'off' } }),
    startBao({ directory: join(directory, 'bao') }),
    startEventHubs({
      port: 0,
      dataDirectory: join(directory, 'event-hubs'),
      hubs: [{ name: HUB, partitionCount: 4 }],
      retention: { maxBytes: 512 * 1024 * 1024, maxAgeMs: 86_400_000 },
      regeneratedKeyMs: 0,
    }),
  ]);
  onTestFinished(async () => {
    await Promise.all([postgres.stop(), bao.stop(), hub.stop()]);
  });
  const database = new URL(await postgres.createDatabase());
  const administrator = new pg.Pool({ connectionString: database.href, max: 2 });
  administrator.on('error', () => {});
  onTestFinished(() => administrator.end());
  await administrator.query(readFileSync(PREPARE, 'utf8'));
  await administrator.query(`ALTER ROLE tashika_vault PASSWORD '${FIRST_PASSWORD}'`);
  const vault = await sessionOf(bao);
  const { hostname: host, port, pathname } = database;
  const postgresql = {
    host,
    port: Number(port),
    database: pathname.slice(1),
    sslMode: 'disable',
    user: 'tashika_vault',
  };
  await configure(siteOf(bao, { postgresql: { ...postgresql, password: FIRST_PASSWORD } as never }), vault);
  for (const role of ['tashika-worker', 'tashika-api']) await shorten(vault, role, lives);
  const address = `postgres://${host}:${port}${pathname}`;
  await vault.writeKv('kv/tashika/beam', { preSharedKey: 'a-key-for-beam' });

  return {
    bao,
    hub,
    vault,
    postgres,
    query: async <Row extends pg.QueryResultRow>(sql: string) => (await administrator.query<Row>(sql)).rows,
    async start(role) {
      const path = `auth/approle/role/tashika-${role}`;
      const roleId = String((await vault.read(`${path}/role-id`)).data.role_id);
      const wrappingToken = (await vault.write(`${path}/secret-id`, {}, { wrapTtlMs: 60_000 })).wrapped!.token;
      const program = new Program('cloud/dist/main.js', [role], {
        TASHIKA_CLOUD_STORE_URL: address,
        TASHIKA_CLOUD_WORKER_PORT: '0',
        TASHIKA_CLOUD_API_PORT: '0',
        TASHIKA_CLOUD_INGEST_MAX_BATCH_SIZE: '100',
        TASHIKA_CLOUD_INGEST_MAX_WAIT_MS: '200',
        TASHIKA_CLOUD_INGEST_LOAD_BALANCING_INTERVAL_MS: '300',
        TASHIKA_CLOUD_INGEST_OWNERSHIP_EXPIRATION_MS: '2000',
        TASHIKA_CLOUD_SECRETS_SOURCE: 'vault',
        TASHIKA_CLOUD_SECRETS_VAULT_ADDRESS: bao.address,
        TASHIKA_CLOUD_SECRETS_VAULT_WATCH_MS: '1000',
        TASHIKA_CLOUD_SECRETS_VAULT_AUTH_ROLE_ID: roleId,
        TASHIKA_CLOUD_SECRETS_VAULT_AUTH_SECRET_ID: wrappingToken,
        TASHIKA_CLOUD_SECRETS_VAULT_AUTH_SECRET_ID_WRAPPED: 'true',
      });
      const [, url] = await program.printed(/the (?:API|worker) listens at (http:\/\/[^"]+)"/);
      return { program, api: new CloudApi(url!), wrappingToken };
    },
    async giveHubKey(connectionString) {
      await vault.writeKv('kv/tashika/event-hubs/listen', { connectionString });
    },
    keepSending() {
      const sent: SentEvent[] = [];
      let stopped = false;
      const sending = (async () => {
        for (let wave = 0; !stopped; wave++) {
          const events = traffic({ seed: SEED, name: `wave ${wave}`, partitions: 4, sims: 20, posts: 5 });
          await sendToHub(hub.connectionString('send'), HUB, events);
          sent.push(...events);
        }
      })();
      return async () => {
        stopped = true;
        await sending;
        return sent;
      };
    },
  };
}

async function shorten(vault: Vault, role: string, { credentials, token }: ShortLives): Promise<void> {
  const { data } = await vault.read(`database/roles/${role}`);
  await vault.write(`database/roles/${role}`, { ...data, default_ttl: credentials[0], max_ttl: credentials[1] });
  await vault.write(`auth/approle/role/${role}`, { token_ttl: token[0], token_max_ttl: token[1] });
}

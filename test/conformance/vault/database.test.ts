import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { redrive } from '@tashika/cloud/ingest';
import type { Vault } from '@tashika/cloud/secrets';
import { openStore } from '@tashika/cloud/store';
import { systemClock } from '@tashika/shared/time';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bao, haveBao, type Postgres, startBao, startPostgres, until } from '../../rig/index.ts';
import { configure, planFor, sessionOf, siteOf } from './configured.ts';

const PREPARE = new URL('../../../deploy/vault/postgresql/prepare.sql', import.meta.url);
const FIRST_PASSWORD = 'the-first-password-of-vault';
const quiet = { debug() {}, info() {}, warn() {}, error() {} };

describe.skipIf(!haveBao())('users of PostgreSQL that Vault makes', () => {
  const directory = mkdtempSync(join(tmpdir(), 'tashika-database-'));
  // Of its own: where the tests run as root, PostgreSQL runs as somebody who may not enter the other one.
  const data = mkdtempSync(join(tmpdir(), 'tashika-postgres-'));
  let postgres: Postgres;
  let bao: Bao;
  let vault: Vault;
  let administrator: pg.Client;
  let url: URL;

  beforeAll(async () => {
    [postgres, bao] = await Promise.all([
      startPostgres({ directory: data, settings: { fsync: 'off' } }),
      startBao({ directory }),
    ]);
    url = new URL(await postgres.createDatabase());
    administrator = new pg.Client({ connectionString: url.href });
    await administrator.connect();
    await administrator.query(readFileSync(PREPARE, 'utf8'));
    await administrator.query(`ALTER ROLE tashika_vault PASSWORD '${FIRST_PASSWORD}'`);
    vault = await sessionOf(bao);
    await configure(site(), vault);
  }, 120_000);

  afterAll(async () => {
    await vault?.stop();
    await administrator?.end();
    await Promise.all([bao?.stop(), postgres?.stop()]);
    for (const each of [directory, data]) rmSync(each, { recursive: true, force: true });
  });

  function site(password: string | undefined = FIRST_PASSWORD) {
    const { hostname: host, port, pathname } = url;
    const postgresql = {
      host,
      port: Number(port),
      database: pathname.slice(1),
      sslMode: 'disable',
      user: 'tashika_vault',
    };
    return siteOf(bao, { postgresql: { ...postgresql, ...(password !== undefined && { password }) } as never });
  }

  async function credentials(role: 'worker' | 'api') {
    const { data, lease } = await vault.read(`database/creds/tashika-${role}`);
    const own = new URL(url.href);
    own.username = String(data.username);
    own.password = String(data.password);
    return { url: own.href, username: String(data.username), lease: lease! };
  }

  async function session<T>(connectionString: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = new pg.Client({ connectionString });
    client.on('error', () => {});
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end().catch(() => {});
    }
  }

  async function migrated(connectionString: string): Promise<void> {
    const store = await openStore(connectionString, { logger: quiet, clock: systemClock });
    await store.close();
  }

  it('are made, and Vault alone knows its own password from then on', async () => {
    const own = new URL(url.href);
    own.username = 'tashika_vault';
    own.password = FIRST_PASSWORD;
    await expect(session(own.href, async () => {})).rejects.toThrow(/password authentication failed/);
    expect((await planFor(site(), vault)).changes).toEqual([]);
    const again = await sessionOf(bao);
    await configure({ ...site(), postgresql: { ...site().postgresql!, password: undefined } } as never, again); // no password is asked for twice
    await again.stop();
  });

  it('own nothing: what one worker made in the schema, the next can alter, and the API uses', async () => {
    const first = await credentials('worker');
    await migrated(first.url);
    const { rows } = await administrator.query(`SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'`);
    expect(rows).toEqual([{ tableowner: 'tashika_owner' }]);
    const next = await credentials('worker');
    expect(next.username).not.toBe(first.username);
    await session(next.url, async (client) => {
      await client.query('ALTER TABLE device ADD COLUMN tried integer');
      await client.query('ALTER TABLE device DROP COLUMN tried');
    });
    const api = await credentials('api');
    await migrated(api.url); // finds it up to date, and needs no right to change it
  });

  it('let the API drive a dead letter again: it is counted', async () => {
    const body = { sourceProtocol: 'http', operatorId: 'OP1', imsi: '440103000000001', payloads: { pref: '13' } };
    const { rows } = await administrator.query(
      `INSERT INTO dead_letter (reason, detail, received_at, namespace, hub, partition_id, sequence_number, body)
       VALUES ('unreadable', '', now(), 'n', 'h', '0', 1, $1) RETURNING id`,
      [Buffer.from(JSON.stringify(body))],
    );
    const windows = {
      policy: 'revise',
      action: 'adjust',
      lengthMs: 60_000,
      lateToleranceMs: 5_000,
      earlyToleranceMs: 300_000,
      outOfOrderToleranceMs: 0,
    } as const;
    const api = await credentials('api');
    const store = await openStore(api.url, { logger: quiet, clock: systemClock });
    expect(await redrive(store, Number(rows[0].id), systemClock.now(), { windows })).toEqual({ outcome: 'counted' });
    await store.close();
  });

  it('let the API read, count and forget receipts, and refuse it all else', async () => {
    const api = await credentials('api');
    await session(api.url, async (client) => {
      await client.query('SELECT * FROM window_counts, region_completeness');
      await client.query("INSERT INTO receipt_request VALUES ('x', now())");
      await client.query('UPDATE dead_letter SET redriven_at = now()');
      await client.query('DELETE FROM receipt_request');
      for (const refused of [
        'DELETE FROM ledger',
        'DELETE FROM dead_letter',
        'TRUNCATE device',
        'DROP TABLE device',
        'ALTER TABLE device ADD COLUMN mine integer',
        'CREATE TABLE mine (id integer)',
        'CREATE TEMPORARY TABLE mine (id integer)',
        'CREATE ROLE mine',
        'SET ROLE tashika_owner',
        "COPY device TO PROGRAM 'true'",
      ])
        await expect(client.query(refused), refused).rejects.toMatchObject({ code: '42501' });
    });
  });

  it('let a worker make no users, and nothing outside of its store', async () => {
    const worker = await credentials('worker');
    await session(worker.url, async (client) => {
      for (const refused of ['CREATE ROLE mine', 'CREATE DATABASE mine', 'SET ROLE tashika_vault', 'SET ROLE postgres'])
        await expect(client.query(refused), refused).rejects.toMatchObject({ code: '42501' });
    });
  });

  it('are gone once their lease is revoked, with the sessions that they had', async () => {
    const worker = await credentials('worker');
    const client = new pg.Client({ connectionString: worker.url });
    const ended = new Promise((resolve) => client.on('error', resolve));
    await client.connect();
    await client.query('SELECT 1');
    await vault.write('sys/leases/revoke', { lease_id: worker.lease.id, sync: true });
    await ended;
    await expect(session(worker.url, async () => {})).rejects.toThrow(/authentication failed/);
    expect(await users(worker.username)).toBe(0);
  });

  it('are gone once their time is over, though nobody revoked them', async () => {
    await vault.write('database/roles/tashika-worker', { default_ttl: '2s', max_ttl: '2s' });
    const worker = await credentials('worker');
    expect(worker.lease.durationMs).toBe(2000);
    await session(worker.url, (client) => client.query('SELECT 1'));
    await until('the user to be gone', async () => (await users(worker.username)) === 0);
    const { changes } = await planFor(site(), vault);
    expect(changes).toMatchObject([{ kind: 'alter', path: 'database/roles/tashika-worker' }]);
    await configure(site(), vault);
    expect((await credentials('worker')).lease.durationMs).toBe(3_600_000);
  });

  async function users(name: string): Promise<number> {
    return (await administrator.query('SELECT FROM pg_roles WHERE rolname = $1', [name])).rowCount ?? 0;
  }
});

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openStore, type Queryable, type Store } from '../store/index.ts';
import { type PostgresServer, startPostgresServer } from '../store/postgres-server.ts';
import { openMemoryStore } from '../store/testing/memory-store.ts';
import { foldCounts, type Kind, trim } from './trim.ts';

const logger = { debug() {}, info() {}, warn() {}, error() {} };
const DAY = 86_400_000;
const NOW = Date.UTC(2026, 5, 1);
const LONG_AGO = NOW - 100 * DAY;

/** Trims what is older than `days`, `rows` a transaction. */
function trimOlder(store: Store, kind: Kind, days: number, rows = 2) {
  return trim(store, kind, NOW - days * DAY, { rows, pause: async () => true, monotonic: () => 0 });
}

function openPgliteStore(): Promise<{ store: Store; close(): Promise<void> }> {
  return openMemoryStore({ logger }).then((store) => ({ store, close: () => store.close() }));
}

async function openServerStore(): Promise<{ store: Store; close(): Promise<void> } | undefined> {
  const server = await startPostgresServer();
  if (!server) return undefined;
  const store = await openStore(await server.createDatabase(), { logger });
  return {
    store,
    async close() {
      await store.close();
      await server.stop();
    },
  };
}

describe.each([
  ['PGlite', openPgliteStore],
  ['a PostgreSQL server', openServerStore],
])('trimming on %s', (_, open) => {
  let opened: { store: Store; close(): Promise<void> } | undefined;
  let store: Store;
  beforeAll(async () => {
    opened = await open();
    if (opened) store = opened.store;
  });
  afterAll(() => opened?.close());
  beforeEach(async ({ skip }) => {
    if (!opened) return skip();
    await store.script(
      'TRUNCATE partition, ledger, window_region, window_value, device, dead_letter, image, rollout, fleet_audit RESTART IDENTITY CASCADE',
    );
  });

  async function addWindow(daysOld: number, region = '13'): Promise<void> {
    const end = new Date(NOW - daysOld * DAY);
    await store.query(`INSERT INTO window_region VALUES ($1, $2, 1, 1, 0, 0, 1)`, [end, region]);
    await store.query(
      `INSERT INTO window_value (window_end, region, sensor, unit, count, sum, min, max)
       SELECT $1, $2, sensor, '', 1, 1, 1, 1 FROM unnest('{a,b,c}'::text[]) AS sensor`,
      [end, region],
    );
  }

  it('deletes windows and their values that are as old as that, and none that is younger', async () => {
    for (const daysOld of [99, 98, 97, 90, 89, 0]) await addWindow(daysOld);
    await addWindow(99, '01');
    expect(await trimOlder(store, 'windows', 90)).toEqual({ deleted: 5 * 4, done: true });
    expect(await store.query('SELECT window_end FROM window_region ORDER BY 1')).toEqual(
      [89, 0].map((daysOld) => ({ window_end: new Date(NOW - daysOld * DAY) })),
    );
    expect(await store.query('SELECT count(*) AS values FROM window_value')).toEqual([{ values: 6 }]);
  });

  it('deletes dead letters by their arrival, whatever became of them, and their counts follow', async () => {
    for (const [n, daysOld] of [99, 95, 92, 91, 5, 93].entries())
      await store.query(
        `INSERT INTO dead_letter (reason, detail, received_at, namespace, hub, partition_id, sequence_number, body, redriven_at)
         VALUES ('invalid-json', '', $1, 'n', 'h', '0', $2, '', $3)`,
        [new Date(NOW - daysOld * DAY), n, n === 1 ? new Date(NOW) : null],
      );
    expect(await trimOlder(store, 'deadLetters', 90)).toEqual({ deleted: 5, done: true });
    await foldCounts(store);
    expect(await store.query('SELECT * FROM dead_letter_count')).toEqual([
      { reason: 'invalid-json', open: 1, redriven: 0 },
    ]);
    await trimOlder(store, 'deadLetters', 1);
    expect(await store.query('SELECT * FROM dead_letter_counts')).toEqual([
      { reason: 'invalid-json', open: 0, redriven: 0 },
    ]);
  });

  it('deletes the ledger of a stream that its device has left, and of a device that is gone', async () => {
    const ledgers: readonly [imsi: string, stream: string, daysOld: number][] = [
      ['1', 'former', 401],
      ['1', 'now', 3],
      ['2', 'its only one', 401],
      ['3', 'of a device that is gone', 401],
      ['3', 'the one before', 402],
      ['4', 'of no device', 500],
      ['5', 'young enough', 399],
      ['unknown', 'of some device', 401],
    ];
    for (const [imsi, stream, daysOld] of ledgers)
      await store.query(`INSERT INTO ledger (imsi, stream, updated_at) VALUES ($1, $2, $3)`, [
        imsi,
        stream,
        new Date(NOW - daysOld * DAY),
      ]);
    for (const [imsi, daysOld] of Object.entries({ 1: 3, 2: 1, 3: 401, 5: 1, unknown: 1 }))
      await store.query(`INSERT INTO device (imsi, region, last_seen) VALUES ($1, '13', $2)`, [
        imsi,
        new Date(NOW - daysOld * DAY),
      ]);
    expect(await trimOlder(store, 'ledgers', 400)).toEqual({ deleted: 5, done: true });
    expect(await store.query('SELECT imsi, stream FROM ledger ORDER BY imsi')).toEqual([
      { imsi: '1', stream: 'now' },
      { imsi: '2', stream: 'its only one' },
      { imsi: '5', stream: 'young enough' },
    ]);
  });

  it('deletes what updaters said, signals and steps of devices, and no step of an image or a whole rollout', async () => {
    await store.script(`
      INSERT INTO image (kind, version, sha256, record, sbom, imported_at, imported_by)
      VALUES ('agent', '1.5.0', '', '{}', '', now(), 'Aiko');
      INSERT INTO rollout (id, tenant, kind, version, plan, state, wave, since, created_at, created_by)
      VALUES ('r', 't', 'agent', '1.5.0', '{}', 'running', 1, now(), now(), 'Aiko');
      INSERT INTO deployment_action (tenant, controller_id, rollout_id, purpose, kind, version, state, created_at)
      VALUES ('t', 'pi', 'r', 'update', 'agent', '1.5.0', 'closed', now())`);
    for (const daysOld of [99, 95, 92, 5]) {
      const at = new Date(NOW - daysOld * DAY);
      await store.query(
        `INSERT INTO action_feedback (action_id, received_at, execution, finished, details)
                         VALUES (1, $1, 'proceeding', 'none', '{}')`,
        [at],
      );
      await store.query(
        `INSERT INTO fleet_signal (rollout_id, round, at, signal, evidence, threshold, devices)
                         SELECT 'r', $2, $1, signal, 1, 100, 1 FROM unnest('{rate,silence}'::text[]) AS signal`,
        [at, 1_000 - daysOld],
      );
      for (const subject of ['device:pi', 'rollout:r', 'image:agent/1.5.0'])
        await store.query(
          `INSERT INTO fleet_audit (at, actor, subject, event, reason) VALUES ($1, 'Aiko', $2, 'x', 'x')`,
          [at, subject],
        );
    }
    expect(await trimOlder(store, 'fleet', 90)).toEqual({ deleted: 3 + 3 * 2 + 3, done: true });
    expect(await store.query('SELECT received_at FROM action_feedback')).toEqual([
      { received_at: new Date(NOW - 5 * DAY) },
    ]);
    expect(await store.query('SELECT signal FROM fleet_signal ORDER BY 1')).toEqual([
      { signal: 'rate' },
      { signal: 'silence' },
    ]);
    expect(await store.query('SELECT subject, count(*) AS left FROM fleet_audit GROUP BY 1 ORDER BY 1')).toEqual([
      { subject: 'device:pi', left: 1 },
      { subject: 'image:agent/1.5.0', left: 4 },
      { subject: 'rollout:r', left: 4 },
    ]);
  });

  it('ends where it is told to, with every batch whole', async () => {
    for (const daysOld of [99, 98, 97, 96, 95]) await addWindow(daysOld);
    let pauses = 0;
    const options = { rows: 2, pause: async () => ++pauses < 3, monotonic: () => 0 };
    expect(await trim(store, 'windows', NOW - 90 * DAY, options)).toEqual({ deleted: 6, done: false });
    expect(await store.query('SELECT count(*) AS values FROM window_value')).toEqual([{ values: 9 }]);
  });
});

describe('trimming 200,000 rows beside commits', () => {
  let server: PostgresServer | undefined;
  let url: string;
  let store: Store;
  beforeAll(async () => {
    server = await startPostgresServer();
    if (!server) return;
    url = await server.createDatabase();
    const first = await openStore(url, { logger });
    // From here on no statement of anyone waits for a lock for longer than that.
    await first.script(`ALTER DATABASE ${new URL(url).pathname.slice(1)} SET lock_timeout = '250ms'`);
    await first.close();
    store = await openStore(url, { logger });
  });
  afterAll(async () => {
    await store?.close();
    await server?.stop();
  });
  beforeEach(async ({ skip }) => {
    if (!server) return skip();
    await store.script(`
      TRUNCATE window_region;
      INSERT INTO window_region
        SELECT '2026-01-01Z'::timestamptz + n * interval '1 second', '13', 1, 1, 0, 0, 1 FROM generate_series(1, 200000) AS n;
      INSERT INTO window_region SELECT '2026-05-31Z'::timestamptz + n * interval '1 minute', '13', 1, 1, 0, 0, 1
        FROM generate_series(1, 100) AS n;`);
  });

  it('makes no commit wait, waits for none, and touches nothing younger', async () => {
    let trimming = true;
    const before = Date.UTC(2026, 4, 1);
    const trimmed = trim(store, 'windows', before, { rows: 1000, pause: async () => true, monotonic: () => 0 });
    const ended = trimmed.finally(() => {
      trimming = false;
    });
    let commits = 0;
    while (trimming) {
      // A late reading revises a window that is about to go, and one that stays.
      await store.transaction(async (transaction) => {
        await transaction.query(
          `UPDATE window_region SET readings = readings + 1
            WHERE window_end IN ('2026-01-03T07:33:20Z', '2026-05-31T00:07:00Z')`,
        );
        await transaction.query('SELECT pg_sleep(0.005)');
      });
      commits++;
    }
    const { deleted, done } = await ended;
    const [left] = await store.query<{ rows: number; revised: number }>(
      'SELECT count(*) AS rows, max(readings) - 1 AS revised FROM window_region WHERE window_end > $1',
      [new Date(before)],
    );
    expect([done, left]).toEqual([true, { rows: 100, revised: commits }]);
    expect(commits).toBeGreaterThan(20);
    // What a commit held when its turn came is left to the next time.
    const again = await trim(store, 'windows', before, { rows: 1000, pause: async () => true, monotonic: () => 0 });
    expect(deleted + again.deleted).toBe(200_000);
  });

  it('leaves nothing half when its connection is killed, and goes on the next time', async () => {
    let batches = 0;
    const unlucky: Store = {
      ...store,
      transaction: (work) =>
        store.transaction((transaction) => work(++batches === 3 ? killedAfterDelete(transaction, store) : transaction)),
    };
    const options = { rows: 1000, pause: async () => true, monotonic: () => 0 };
    const before = Date.UTC(2026, 4, 1);
    await expect(trim(unlucky, 'windows', before, options)).rejects.toThrow();
    // One batch of the values, which are none, one of the windows, and the one that was killed.
    const [left] = await store.query('SELECT count(*) AS rows FROM window_region');
    expect(left).toEqual({ rows: 200_100 - 1000 });
    expect(await trim(store, 'windows', before, options)).toEqual({ deleted: 199_000, done: true });
  });

  it('is done by one process at a time', async () => {
    const options = { rows: 1000, pause: async () => true, monotonic: () => 0 };
    const one = trim(store, 'windows', LONG_AGO, options);
    const outcomes = await Promise.all([one, trim(store, 'windows', LONG_AGO, options)]);
    expect(outcomes.some(({ done }) => done)).toBe(true);
    expect(await store.query('SELECT FROM window_region WHERE window_end <= $1', [new Date(LONG_AGO)])).toEqual([]);
  });
});

/** A transaction whose backend is ended once it has deleted something. */
function killedAfterDelete(transaction: Queryable, store: Store): Queryable {
  return {
    ...transaction,
    async query<Row>(sql: string, parameters = []) {
      const rows = await transaction.query<Row>(sql, parameters);
      if (/DELETE/.test(sql)) {
        const [backend] = await transaction.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
        await store.query('SELECT pg_terminate_backend($1)', [backend!.pid]);
      }
      return rows;
    },
  };
}

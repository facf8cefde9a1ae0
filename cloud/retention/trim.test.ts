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
  return trim(store, kind, NOW - days * DAY, { rows, pause: async () => true, monotonic: () => 0, now: NOW });
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

  describe('of rollouts', () => {
    const ago = (days: number) => new Date(NOW - days * DAY);

    beforeEach(async () => {
      await store.script(`
        TRUNCATE fleet_device;
        INSERT INTO image (kind, version, sha256, record, sbom, imported_at, imported_by)
        VALUES ('agent', '1.5.0', '', '{}', '', now(), 'Aiko')`);
      for (const [id, endedAt] of [
        ['ended', ago(95)],
        ['just-ended', ago(5)],
        ['under-way', null],
      ] as const)
        await store.query(
          `INSERT INTO rollout (id, tenant, kind, version, plan, state, wave, since, created_at, created_by, started_at,
                                ended_at, gate)
           VALUES ($1, 't', 'agent', '1.5.0', '{}', 'x', 1, $2, $2, 'Aiko', $2, $3, '{"a":1}')`,
          [id, ago(300), endedAt],
        );
    });

    /** A device's part in a rollout, with what it was told and what it said, `daysOld`. */
    async function addPart(rollout: string, controllerId: string, state: 'open' | 'closed', daysOld: number) {
      const [action] = await store.query<{ id: number }>(
        `INSERT INTO deployment_action (tenant, controller_id, rollout_id, purpose, kind, version, state, created_at, closed_at)
         VALUES ('t', $1, $2, 'update', 'agent', '1.5.0', $3, $4::timestamptz, $5) RETURNING id`,
        [controllerId, rollout, state, ago(daysOld), state === 'closed' ? ago(daysOld) : null],
      );
      await store.query(
        `INSERT INTO action_feedback (action_id, received_at, execution, finished, details)
         VALUES ($1, $2, 'proceeding', 'none', '{}')`,
        [action!.id, ago(daysOld)],
      );
      await store.query(
        `INSERT INTO rollout_device (rollout_id, controller_id, wave, state, since, action_id) VALUES ($1, $2, 1, $3, $4, $5)`,
        [rollout, controllerId, state === 'open' ? 'vanished' : 'kept', ago(daysOld), action!.id],
      );
      await store.query(
        `INSERT INTO fleet_audit (at, actor, subject, rollout_id, event, reason) VALUES ($1, 'rollout', $2, $3, 'offered', 'x')`,
        [ago(daysOld), `device:${controllerId}`, rollout],
      );
    }

    const partsIn = async (table: string) => {
      const rows = await store.query<{ part: string }>(
        `SELECT DISTINCT rollout_id || ' ' || controller_id AS part FROM ${table} ORDER BY 1`,
      );
      return rows.map(({ part }) => part);
    };

    it('deletes signals and steps of devices, and no step of an image or a whole rollout', async () => {
      for (const daysOld of [99, 95, 92, 5]) {
        await store.query(
          `INSERT INTO fleet_signal (rollout_id, round, at, signal, evidence, threshold, devices)
           SELECT rollout, $2, $1, signal, 1, 100, 1
             FROM unnest('{rate,silence}'::text[]) AS signal, unnest('{ended,under-way}'::text[]) AS rollout`,
          [ago(daysOld), 1_000 - daysOld],
        );
        for (const [subject, rollout] of [
          ['device:pi', 'ended'],
          ['device:pi', null],
          ['device:pi', 'under-way'],
          ['rollout:ended', 'ended'],
          ['image:agent/1.5.0', null],
        ])
          await store.query(
            `INSERT INTO fleet_audit (at, actor, subject, rollout_id, event, reason) VALUES ($1, 'Aiko', $2, $3, 'x', 'x')`,
            [ago(daysOld), subject!, rollout!],
          );
      }
      expect(await trimOlder(store, 'fleet', 90)).toEqual({ deleted: 3 * 2 + 3 * 2, done: true });
      expect(
        await store.query('SELECT rollout_id AS of, count(*) AS left FROM fleet_signal GROUP BY 1 ORDER BY 1'),
      ).toEqual([
        { of: 'ended', left: 2 },
        { of: 'under-way', left: 8 },
      ]);
      expect(await store.query('SELECT subject, count(*) AS left FROM fleet_audit GROUP BY 1 ORDER BY 1')).toEqual([
        { subject: 'device:pi', left: 2 + 4 },
        { subject: 'image:agent/1.5.0', left: 4 },
        { subject: 'rollout:ended', left: 4 },
      ]);
    });

    it('deletes closed actions, what was said of them, and devices of those that ended so long ago', async () => {
      for (const device of ['a', 'b', 'c']) await addPart('ended', device, 'closed', 99);
      await addPart('ended', 'silent', 'open', 99);
      await addPart('ended', 'late', 'closed', 3);
      await addPart('just-ended', 'd', 'closed', 99);
      await addPart('under-way', 'e', 'closed', 99);
      await addPart('under-way', 'f', 'open', 99);
      await trimOlder(store, 'fleet', 90);
      const left = ['ended late', 'ended silent', 'just-ended d', 'under-way e', 'under-way f'];
      expect(await partsIn('deployment_action')).toEqual(left);
      expect(await partsIn('rollout_device')).toEqual(left);
      expect(await partsIn('action_feedback JOIN deployment_action AS action ON action.id = action_id')).toEqual(
        left.filter((part) => part !== 'just-ended d'),
      );
      expect(await store.query('SELECT id, gate, revision > 0 AS revised FROM rollout ORDER BY 1')).toEqual([
        { id: 'ended', gate: {}, revised: true },
        { id: 'just-ended', gate: { a: 1 }, revised: false },
        { id: 'under-way', gate: { a: 1 }, revised: false },
      ]);
      expect(await store.query(`SELECT subject, at, reason, why FROM fleet_audit WHERE event = 'trimmed'`)).toEqual([
        {
          subject: 'rollout:ended',
          at: new Date(NOW),
          reason:
            'what is known of its single devices is deleted for its age; they were in the end: 4 kept, 1 vanished',
          why: {
            code: 'devices-deleted',
            values: {
              were: [
                { state: 'kept', devices: 4 },
                { state: 'vanished', devices: 1 },
              ],
            },
          },
        },
      ]);
      expect(await trimOlder(store, 'fleet', 90)).toEqual({ deleted: 0, done: true });
      await store.query(`UPDATE deployment_action SET state = 'closed', closed_at = $1`, [ago(91)]);
      await trimOlder(store, 'fleet', 90);
      expect(await partsIn('rollout_device')).toEqual(left.filter((part) => part !== 'ended silent'));
      expect(await store.query(`SELECT FROM fleet_audit WHERE event = 'trimmed'`)).toHaveLength(1);
    });

    it('forgets devices that nobody has heard of since, and none that is expected', async () => {
      const devices: readonly (readonly [id: string, polled: number, columns?: object])[] = [
        ['gone', 91],
        ['gone-with-its-sim', 99, { imsi: '1' }],
        ['polls', 89],
        ['never-asked', NOW / DAY],
        ['has-token', 99, { token_sha256: 'x' }],
        ['has-tags', 99, { tags: ['harbour'] }],
        ['follows', 99, { channel: 'canary' }],
        ['has-zone', 99, { time_zone: 'Asia/Seoul' }],
        ['gone-with-its-zone', 99, { time_zone: 'Asia/Seoul', attributes: { timeZone: 'Asia/Seoul' } }],
        ['measures', 99, { imsi: '2' }],
        ['silent', 99],
        ['waiting', 99],
      ];
      for (const [id, polled, columns = {}] of devices)
        await store.query(
          `INSERT INTO fleet_device (tenant, controller_id, first_poll, last_poll, imsi, token_sha256, tags, channel,
                                     time_zone, attributes)
           SELECT 't', $1, $2, $2, imsi, token_sha256, coalesce(tags, '{}'), coalesce(channel, 'stable'),
                  coalesce(time_zone, 'Asia/Tokyo'), coalesce(attributes, '{}')
             FROM jsonb_to_record($3::jsonb) AS given (imsi text, token_sha256 text, tags text[], channel text,
                  time_zone text, attributes jsonb)`,
          [id, ago(polled), JSON.stringify(columns)],
        );
      for (const [imsi, daysOld] of Object.entries({ 1: 91, 2: 1 }))
        await store.query(`INSERT INTO device (imsi, region, last_seen) VALUES ($1, '13', $2)`, [imsi, ago(daysOld)]);
      await addPart('ended', 'silent', 'open', 99);
      await addPart('under-way', 'waiting', 'closed', 99);
      await trimOlder(store, 'fleet', 90);
      const left = await store.query<{ id: string }>('SELECT controller_id AS id FROM fleet_device');
      expect(left.map(({ id }) => id).sort()).toEqual(
        devices
          .map(([id]) => id)
          .filter((id) => !id.startsWith('gone'))
          .sort(),
      );
      expect(await store.query(`SELECT subject, reason FROM fleet_audit WHERE event = 'forgotten' ORDER BY 1`)).toEqual(
        ['gone', 'gone-with-its-sim', 'gone-with-its-zone'].map((id) => ({
          subject: `device:${id}`,
          reason: 'Nothing has been heard of it since 2026-03-03. It is known again when it asks.',
        })),
      );
    });
  });

  it('ends where it is told to, with every batch whole', async () => {
    for (const daysOld of [99, 98, 97, 96, 95]) await addWindow(daysOld);
    let pauses = 0;
    const options = { rows: 2, pause: async () => ++pauses < 3, monotonic: () => 0, now: NOW };
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
    const trimmed = trim(store, 'windows', before, {
      rows: 1000,
      pause: async () => true,
      monotonic: () => 0,
      now: NOW,
    });
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
    const again = await trim(store, 'windows', before, {
      rows: 1000,
      pause: async () => true,
      monotonic: () => 0,
      now: NOW,
    });
    expect(deleted + again.deleted).toBe(200_000);
  });

  it('leaves nothing half when its connection is killed, and goes on the next time', async () => {
    let batches = 0;
    const unlucky: Store = {
      ...store,
      transaction: (work) =>
        store.transaction((transaction) => work(++batches === 3 ? killedAfterDelete(transaction, store) : transaction)),
    };
    const options = { rows: 1000, pause: async () => true, monotonic: () => 0, now: NOW };
    const before = Date.UTC(2026, 4, 1);
    await expect(trim(unlucky, 'windows', before, options)).rejects.toThrow();
    // One batch of the values, which are none, one of the windows, and the one that was killed.
    const [left] = await store.query('SELECT count(*) AS rows FROM window_region');
    expect(left).toEqual({ rows: 200_100 - 1000 });
    expect(await trim(store, 'windows', before, options)).toEqual({ deleted: 199_000, done: true });
  });

  it('is done by one process at a time', async () => {
    const options = { rows: 1000, pause: async () => true, monotonic: () => 0, now: NOW };
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

import { seededChance } from '@tashika/shared/chance';
import { systemClock } from '@tashika/shared/time';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore, type Queryable, type Store } from '../store/index.ts';
import { migrate } from '../store/migrate.ts';
import { migrations } from '../store/migrations/index.ts';
import { type PostgresServer, startPostgresServer } from '../store/postgres-server.ts';
import { openBlankPglite } from '../store/testing/memory-store.ts';
import type { ValueDelta, WindowDelta } from './deltas.ts';
import { Sketch } from './sketch.ts';
import { addValues } from './value-rows.ts';

const logger = { debug() {}, info() {}, warn() {}, error() {} };
const NOON = Date.UTC(2026, 5, 1, 12);

let server: PostgresServer | undefined;
beforeAll(async () => {
  server = await startPostgresServer();
});
afterAll(() => server?.stop());

/** What a commit adds to the window that ends at noon: the values by region and sensor. */
function windowsWith(values: Readonly<Record<string, readonly number[]>>): WindowDelta[] {
  return Object.entries(values).map(([key, measured]) => {
    const [region, sensor] = key.split(' ') as [string, string];
    const value: ValueDelta = {
      sensor,
      unit: 'Cel',
      count: measured.length,
      sum: measured.reduce((sum, each) => sum + each, 0),
      min: Math.min(...measured),
      max: Math.max(...measured),
      sketch: sketchOf(measured),
    };
    return { windowEnd: NOON, region, readings: 0, events: 0, late: 0, values: new Map([[sensor, value]]) };
  });
}

function sketchOf(values: readonly number[]): Sketch {
  const sketch = new Sketch();
  for (const value of values) sketch.accept(value);
  return sketch;
}

function add(store: Store, values: Readonly<Record<string, readonly number[]>>): Promise<void> {
  return store.transaction((transaction) => addValues(transaction, windowsWith(values)));
}

interface Row {
  readonly count: number;
  readonly min: number;
  readonly max: number;
  readonly sketch: Buffer | null;
}

async function rowOf(store: Queryable, region: string, sensor: string): Promise<Row> {
  const [row] = await store.query<Row & Record<string, unknown>>(
    'SELECT count, min, max, sketch FROM window_value WHERE region = $1 AND sensor = $2',
    [region, sensor],
  );
  return row!;
}

async function expectWhole(store: Queryable, region: string, sensor: string, values: readonly number[]) {
  expect(await rowOf(store, region, sensor)).toEqual({
    count: values.length,
    min: Math.min(...values),
    max: Math.max(...values),
    sketch: sketchOf(values).encode(),
  });
}

describe('the values of a window', () => {
  describe('on PGlite', () => areKept(() => openBlankPglite(logger)));
  describe('on a PostgreSQL server', () =>
    areKept(async () => server && openStore(await server.createDatabase(), { logger })));

  function areKept(open: () => Promise<Store | undefined>) {
    let store: Store | undefined;
    beforeAll(async () => {
      store = await open();
      if (store) await migrate(store, logger);
    });
    afterAll(() => store?.close());

    it('add up over commits, and so do their sketches', async ({ skip }) => {
      if (!store) return skip();
      await add(store, { '01 temp': [1, 2], '02 temp': [-3] });
      await add(store, { '01 temp': [1e300, -1e300], '02 wind': [0] });
      await add(store, { '01 temp': [7] });
      await expectWhole(store, '01', 'temp', [1, 2, 1e300, -1e300, 7]);
      await expectWhole(store, '02', 'temp', [-3]);
      await expectWhole(store, '02', 'wind', [0]);
    });

    it('are counted on where a sketch cannot be read, and have none from then on', async ({ skip }) => {
      if (!store) return skip();
      await add(store, { '03 temp': [1] });
      await store.query(`UPDATE window_value SET sketch = '\\x09' WHERE region = '03'`);
      await add(store, { '03 temp': [2] });
      expect(await rowOf(store, '03', 'temp')).toEqual({ count: 2, min: 1, max: 2, sketch: null });
    });

    it('have a sketch of all they count when the row is deleted after it was read', async ({ skip }) => {
      if (!store) return skip();
      await add(store, { '04 temp': [1, 2] });
      await store.transaction(async (transaction) => {
        const deleting: Queryable = {
          ...transaction,
          async query<Result>(sql: string, parameters = []) {
            const rows = await transaction.query<Result>(sql, parameters);
            if (/^SELECT/.test(sql)) await transaction.query(`DELETE FROM window_value WHERE region = '04'`);
            return rows;
          },
        };
        await addValues(deleting, windowsWith({ '04 temp': [3] }));
      });
      await expectWhole(store, '04', 'temp', [3]);
    });
  }

  it('of before there were sketches are counted on without one; new ones beside them have one', async () => {
    const store = await openBlankPglite(logger);
    await migrate(
      store,
      logger,
      migrations.filter(({ id }) => id < 3),
    );
    await store.query(
      `INSERT INTO window_value (window_end, region, sensor, unit, count, sum, min, max)
       VALUES ($1, '01', 'temp', 'Cel', 2, 3, 1, 2)`,
      [new Date(NOON)],
    );
    await migrate(store, logger);
    await add(store, { '01 temp': [3], '02 temp': [4] });
    await add(store, { '01 temp': [5], '02 temp': [6] });
    expect(await rowOf(store, '01', 'temp')).toEqual({ count: 4, min: 1, max: 5, sketch: null });
    await expectWhole(store, '02', 'temp', [4, 6]);
    await store.close();
  });
});

describe('two workers that add to one window', () => {
  let store: Store;
  beforeAll(async () => {
    if (server) store = await openStore(await server.createDatabase(), { logger });
  });
  afterAll(() => store?.close());

  it.for<[string, string, number[]]>([
    ['that is new', '01', []],
    ['that is there', '02', [100]],
  ])(
    'lose nothing of a row %s, when one commits between the other’s read and write',
    async ([, region, before], { skip }) => {
      if (!server) return skip();
      if (before.length > 0) await add(store, { [`${region} temp`]: before });
      let commitFirst = () => {};
      const mayCommit = new Promise<void>((resolve) => (commitFirst = resolve));
      const first = store.transaction(async (transaction) => {
        await addValues(transaction, windowsWith({ [`${region} temp`]: [1, 2, 3] }));
        await mayCommit;
      });
      await untilSettledIn(store, first);
      const second = add(store, { [`${region} temp`]: [-4, 0] });
      await untilOneWaits(store);
      commitFirst();
      await Promise.all([first, second]);
      await expectWhole(store, region, 'temp', [...before, 1, 2, 3, -4, 0]);
    },
  );

  it('lose nothing and never wait for each other in a circle, whatever rows they share', async ({ skip }) => {
    if (!server) return skip();
    const all = new Map<string, number[]>();
    const worker = async (number: number) => {
      const chance = seededChance('worker', number);
      for (let commit = 0; commit < 25; commit++) {
        const values: Record<string, number[]> = {};
        for (let region = 10; region < 22; region++) {
          if (!chance.happens(0.6)) continue;
          const key = `${region} s${Math.floor(commit / 5)}`;
          values[key] = Array.from({ length: 3 }, () => chance.between(-50, 50));
          all.set(key, [...(all.get(key) ?? []), ...values[key]]);
        }
        await add(store, values);
      }
    };
    await Promise.all([1, 2, 3, 4].map(worker));
    for (const [key, values] of all) {
      const [region, sensor] = key.split(' ') as [string, string];
      await expectWhole(store, region, sensor, values);
    }
  });
});

/** Until a transaction of this database is open that has written. */
async function untilSettledIn(store: Store, transaction: Promise<unknown>): Promise<void> {
  await until(store, `state = 'idle in transaction' AND backend_xid IS NOT NULL`, transaction);
}

/** Until a connection to this database waits for another’s transaction. */
async function untilOneWaits(store: Store): Promise<void> {
  await until(store, `wait_event_type = 'Lock'`);
}

async function until(store: Store, condition: string, running?: Promise<unknown>): Promise<void> {
  let failure: unknown;
  running?.catch((error: unknown) => (failure = error));
  const deadline = performance.now() + 10_000;
  for (;;) {
    const [row] = await store.query<{ found: number }>(
      `SELECT count(*) AS found FROM pg_stat_activity WHERE datname = current_database() AND ${condition}`,
    );
    if (row!.found > 0) return;
    if (failure) throw failure;
    if (performance.now() > deadline) throw new Error(`no connection is as expected: ${condition}`);
    await systemClock.sleep(10);
  }
}

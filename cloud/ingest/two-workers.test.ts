import { systemClock } from '@tashika/shared/time';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openStore, type Queryable, type Store } from '../store/index.ts';
import { type PostgresServer, startPostgresServer } from '../store/postgres-server.ts';
import { policyOf } from '../windows/index.ts';
import { commit } from './commit.ts';
import { type ArrivedEvent, openEvent } from './event.ts';
import { tickIdle } from './partition.ts';
import { redrive } from './redrive.ts';
import { registerPartitions } from './register.ts';
import { event, NOON, post, totalsOf, windowsOf } from './sample-events.ts';

const hub = { namespace: 'local', hub: 'telemetry', consumerGroup: '$Default' };
const tolerances = { lateToleranceMs: 5000, earlyToleranceMs: 300_000, outOfOrderToleranceMs: 0 };
const policy = policyOf(tolerances);
const logger = { debug() {}, info() {}, warn() {}, error() {} };
const HOUR = 3_600_000;
const ONE_PAST = '12:01 13';

/** On a server transactions run side by side, which on PGlite they never do. */
describe('two workers on one PostgreSQL server', () => {
  let server: PostgresServer | undefined;
  let store: Store;
  beforeAll(async () => {
    server = await startPostgresServer();
    if (server) store = await openStore(await server.createDatabase(), { logger });
  });
  afterAll(async () => {
    await store?.close();
    await server?.stop();
  });
  /** Partition 0 has read beyond 12:01, partition 1 has not, so the window of 12:01 is open. */
  beforeEach(async ({ skip }) => {
    if (!server) return skip();
    await store.script(`TRUNCATE partition, ledger, window_region, window_value, device, dead_letter RESTART IDENTITY;
                        UPDATE change_cursor SET id = 0`);
    await registerPartitions(store, hub, { createdAt: NOON, partitionIds: ['0', '1'] }, policy);
    await store.query(`UPDATE partition SET owner_id = 'me'`);
    await arrive(store, '0', event(0, { pref: '13' }, { timestamp: NOON + 90_000, enqueuedAt: NOON + 59_000 }));
    await arrive(store, '1', event(0, { pref: '13' }, { timestamp: NOON + 59_000, enqueuedAt: NOON + 59_000 }));
  });

  async function arrive(through: Store, partitionId: string, ...events: ArrivedEvent[]): Promise<void> {
    const batch = { partitionId, ownerId: 'me', events: events.map(openEvent), startsAtCheckpoint: true };
    await commit(through, [batch], { hub, policy, logger, now: NOON });
  }

  function partitionOneIsIdle(): Promise<void> {
    const idle = { partitionId: '1', ownerId: 'me', position: 0, arrivedUntil: NOON + 120_000 };
    return tickIdle(store, hub, [idle], tolerances, NOON);
  }

  const straggler = () => event(1, { pref: '13' }, { timestamp: NOON + 58_000, enqueuedAt: NOON + 60_000 });

  it('revise a window that readers saw final before the commit had its turn', async () => {
    const slow = pausing(store, 'before', /change_cursor/);
    const committing = arrive(slow.store, '0', straggler());
    await slow.paused;
    await partitionOneIsIdle();
    expect(await windowsOf(store)).toContain(`${ONE_PAST}: 1/1 final`);
    slow.goOn();
    await committing;
    expect(await windowsOf(store)).toContain(`${ONE_PAST}: 2/2 late 1 revision 1 revised`);
    expect(await totalsOf(store)).toMatchObject({ late: 1 });
  });

  it('do not show a window as final while a commit to it has its turn', async () => {
    const slow = pausing(store, 'after', /^SELECT watermark FROM watermark/);
    const committing = arrive(slow.store, '0', straggler());
    await slow.paused;
    const ticking = partitionOneIsIdle();
    await untilOneWaits(store);
    expect(await windowsOf(store)).toContain(`${ONE_PAST}: 1/1 provisional`);
    slow.goOn();
    await Promise.all([committing, ticking]);
    expect(await windowsOf(store)).toContain(`${ONE_PAST}: 2/2 final`);
  });

  it('move the watermark of a partition that the other commits to, one after the other', async () => {
    const slow = pausing(store, 'after', /FOR UPDATE OF partition/);
    const committing = arrive(slow.store, '1', straggler());
    await slow.paused;
    const ticking = partitionOneIsIdle();
    await untilOneWaits(store);
    slow.goOn();
    await Promise.all([committing, ticking]);
    // The commit has moved the position, so the tick is out of date.
    expect(await windowsOf(store)).toContain(`${ONE_PAST}: 2/2 provisional`);
  });

  it('drive a dead letter again while the other commits to the same partition and stream', async () => {
    const early = post({ times: [NOON + 60_000, NOON + 2 * HOUR] });
    await arrive(store, '0', event(1, early, { enqueuedAt: NOON + 60_000 }));
    const slow = pausing(store, 'after', /FOR UPDATE OF partition/);
    const committing = arrive(slow.store, '0', event(2, post({ seq: 3 }), { enqueuedAt: NOON + 60_000 }));
    await slow.paused;
    const faults: unknown[] = [];
    const redriving = redrive(noting(store, faults), 1, NOON + 3 * HOUR, { windows: tolerances });
    await untilOneWaits(store);
    slow.goOn();
    await committing;
    expect(await redriving).toEqual({ outcome: 'counted' });
    expect(faults).toEqual([]);
    expect(await totalsOf(store)).toMatchObject({ readings: 5, duplicates: 1 });
  });

  it('try a dead letter again when a deadlock ends its transaction', async () => {
    await arrive(store, '0', event(1, { pref: '13' }, { timestamp: NOON + HOUR, enqueuedAt: NOON }));
    const refused = [Object.assign(new Error('deadlock detected'), { code: '40P01' })];
    const unlucky: Store = {
      ...store,
      async transaction(work) {
        const error = refused.pop();
        if (error) throw error;
        return store.transaction(work);
      },
    };
    expect(await redrive(unlucky, 1, NOON + HOUR, { windows: tolerances })).toEqual({ outcome: 'counted' });
  });
});

/** A store whose transactions stop at the first statement that matches, until they may go on. */
function pausing(store: Store, when: 'before' | 'after', statement: RegExp) {
  let reach = () => {};
  let goOn = () => {};
  const paused = new Promise<void>((resolve) => (reach = resolve));
  const gate = new Promise<void>((resolve) => (goOn = resolve));
  const stop = () => {
    reach();
    return gate;
  };
  const slowed = (transaction: Queryable): Queryable => ({
    ...transaction,
    async query<Row>(sql: string, parameters = []) {
      if (when === 'before' && statement.test(sql)) await stop();
      const rows = await transaction.query<Row>(sql, parameters);
      if (when === 'after' && statement.test(sql)) await stop();
      return rows;
    },
  });
  return {
    paused,
    goOn: () => goOn(),
    store: { ...store, transaction: (work) => store.transaction((transaction) => work(slowed(transaction))) } as Store,
  };
}

/** A store that notes the transactions that failed. */
function noting(store: Store, faults: unknown[]): Store {
  return {
    ...store,
    transaction: (work) =>
      store.transaction(work).catch((error: unknown) => {
        faults.push(error);
        throw error;
      }),
  };
}

/** Until a connection to this database waits for a lock of another. */
async function untilOneWaits(store: Store): Promise<void> {
  const deadline = performance.now() + 4000;
  for (;;) {
    const [row] = await store.query<{ waiting: number }>(
      `SELECT count(*) AS waiting FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    if (row!.waiting > 0) return;
    if (performance.now() > deadline) throw new Error('nobody waits for a lock');
    await systemClock.sleep(10);
  }
}

import { TestClock } from '@tashika/shared/time';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Fault, Queryable, Store } from '../store/index.ts';
import { openMemoryStore } from '../store/testing/memory-store.ts';
import { policyOf } from '../windows/index.ts';
import type { ArrivedEvent } from './event.ts';
import { GroupCommit, type ReadBatch } from './group-commit.ts';
import type { PartitionProgress } from './partition.ts';
import { registerPartitions } from './register.ts';
import { event, NOON, post, rawEvent, totalsOf, windowsOf } from './sample-events.ts';

const hub = { namespace: 'local', hub: 'telemetry', consumerGroup: '$Default' };
const tolerances = { lateToleranceMs: 5000, earlyToleranceMs: 300_000, outOfOrderToleranceMs: 0 };
const policy = policyOf(tolerances);
const logger = { debug() {}, info() {}, warn() {}, error() {} };

/** A clock that does not make a retry wait, and keeps how long it would have been. */
class ImpatientClock extends TestClock {
  readonly slept: number[] = [];

  override async sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.slept.push(delayMs);
  }
}

let database: Store;
beforeAll(async () => {
  database = await openMemoryStore({ logger });
});
afterAll(() => database.close());
beforeEach(async () => {
  await database.script(
    'TRUNCATE partition, ledger, window_region, window_value, device, dead_letter RESTART IDENTITY',
  );
  await registerPartitions(database, hub, { createdAt: NOON, partitionIds: ['0', '1', '2'] }, policy);
  await database.query(`UPDATE partition SET owner_id = 'me'`);
});

/** What goes wrong with a transaction: before it, or after it, when only its answer is lost. */
type Mishap = { readonly when: 'before' | 'after'; readonly error: unknown };

function open(
  mishaps: Mishap[] = [],
  clock: TestClock = new ImpatientClock(NOON),
  onEvents: (events: number) => void = () => {},
) {
  const commits: (readonly PartitionProgress[])[] = [];
  const faults: Fault[] = [];
  const store: Store = {
    ...database,
    async transaction(work) {
      const mishap = mishaps.shift();
      if (mishap?.when === 'before') throw mishap.error;
      const result = await database.transaction(async (transaction) => {
        const before = await eventsOf(transaction);
        const done = await work(transaction);
        onEvents((await eventsOf(transaction)) - before);
        return done;
      });
      if (mishap?.when === 'after') throw mishap.error;
      return result;
    },
  };
  const group = new GroupCommit({
    store,
    hub,
    policy,
    clock,
    logger,
    onCommitted: (progress) => commits.push(progress),
    onFailed: (fault) => faults.push(fault),
  });
  return { group, commits, faults };
}

async function eventsOf(transaction: Queryable): Promise<number> {
  const [row] = await transaction.query<{ events: number }>('SELECT sum(events)::bigint AS events FROM partition');
  return row!.events;
}

function read(partitionId: string, events: readonly ArrivedEvent[], startsAtCheckpoint = true): ReadBatch {
  return { partitionId, ownerId: 'me', events, startsAtCheckpoint };
}

describe('the group commit', () => {
  it('puts the batches that wait into one transaction', async () => {
    const { group, commits } = open();
    await Promise.all(['0', '1', '2'].map((id) => group.submit(read(id, [event(0, { pref: '13' })]))));
    expect(commits).toHaveLength(1);
    expect(commits[0]!.map((progress) => progress.partitionId)).toEqual(['0', '1', '2']);
  });

  it('commits batches of one partition that follow on each other as one', async () => {
    const { group, commits } = open();
    await Promise.all([
      group.submit(read('0', [event(0, { pref: '13' })])),
      group.submit(read('0', [event(1, { pref: '13' }), event(2, { pref: '13' })], false)),
      group.submit(read('1', [event(0, { pref: '13' })])),
      group.submit(read('0', [event(3, { pref: '13' })], false)),
    ]);
    expect(commits.map((progress) => progress.map(({ position }) => position))).toEqual([[3, 0]]);
    expect(await totalsOf(database)).toMatchObject({ events: 5, readings: 5, skipped: 0 });
  });

  it('ends each batch when its own events are committed', async () => {
    const sizes: number[] = [];
    const { group } = open([], new ImpatientClock(NOON), (events) => {
      if (events > 2) throw new Error('Query read timeout');
      sizes.push(events);
    });
    const ended: string[] = [];
    const first = group.submit(
      read(
        '0',
        [0, 1, 2].map((n) => event(n, { pref: '13' })),
      ),
    );
    const second = group.submit(
      read(
        '0',
        [3, 4].map((n) => event(n, { pref: '13' })),
        false,
      ),
    );
    void first.then(() => ended.push(`first after ${sizes}`));
    void second.then(() => ended.push(`second after ${sizes}`));
    await Promise.all([first, second]);
    expect(ended).toEqual(['first after 2,2', 'second after 2,2,1']);
    expect(await totalsOf(database)).toMatchObject({ events: 5, readings: 5, skipped: 0 });
  });

  it('takes no batch for one with the batch before it where numbers are missing in between', async () => {
    const { group } = open();
    const first = group.submit(read('0', [event(0, { pref: '13' })]));
    const ahead = group.submit(read('0', [event(5, { pref: '13' })], false));
    await expect(ahead).rejects.toMatchObject({ code: 'OWNERSHIP_LOST' });
    await first;
    expect(await totalsOf(database)).toMatchObject({ events: 1, skipped: 0 });
  });

  it('holds the batch of a new reader against the checkpoint by itself', async () => {
    const { group, commits } = open();
    await Promise.all([
      group.submit(read('0', [event(0, { pref: '13' })])),
      group.submit(read('0', [event(1, { pref: '13' })], true)),
    ]);
    expect(commits.map(([progress]) => progress!.position)).toEqual([0, 1]);
  });

  it('opens a batch of many bytes part by part', async () => {
    const { group, commits } = open();
    const values = ['x'.repeat(700_000)];
    const events = Array.from({ length: 30 }, (_, index) => event(index, post({ seq: index + 1, values })));
    await group.submit(read('0', events));
    expect(commits.length).toBeGreaterThan(2);
    expect(await windowsOf(database)).toEqual(['12:00 13: 30/30 provisional']);
  });

  it.each([
    ['deadlock', '40P01', 'conflict'],
    ['serialization failure', '40001', 'conflict'],
    ['server that shuts down', '57P01', 'unavailable'],
    ['full disk', '53100', 'unavailable'],
    ['server that is away', 'ECONNREFUSED', 'unavailable'],
  ])('tries again after a %s until the commit stands', async (_, code, fault) => {
    const error = Object.assign(new Error('mishap'), { code });
    const { group, faults } = open(Array.from({ length: 9 }, () => ({ when: 'before', error })));
    await group.submit(read('0', [event(0, { pref: '13' })]));
    expect(faults).toEqual(Array.from({ length: 9 }, () => fault));
    expect(await windowsOf(database)).toEqual(['12:00 13: 1/1 provisional']);
  });

  it('counts nothing twice when the answer to a commit is lost', async () => {
    const error = new Error('Connection terminated unexpectedly');
    const { group } = open([
      { when: 'after', error },
      { when: 'after', error },
    ]);
    await group.submit(read('0', [event(0, { pref: '13' }), event(1, post())]));
    expect(await windowsOf(database)).toEqual(['12:00 13: 2/2 provisional']);
    expect(await totalsOf(database)).toMatchObject({ events: 2, readings: 2, duplicates: 0 });
  });

  it('waits longer from try to try, up to five seconds', async () => {
    const clock = new ImpatientClock(NOON);
    const error = Object.assign(new Error('away'), { code: '08006' });
    const { group } = open(
      Array.from({ length: 10 }, () => ({ when: 'before', error })),
      clock,
    );
    await group.submit(read('0', [event(0, { pref: '13' })]));
    expect(clock.slept).toEqual([50, 100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000]);
  });

  it('takes a group that keeps failing in smaller parts, and in larger ones again when they stand', async () => {
    const clock = new ImpatientClock(NOON);
    const sizes: number[] = [];
    const { group, commits } = open([], clock, (events) => {
      sizes.push(events);
      // The server can do as many in its 30 s, and more when it has less to do.
      if (events > (sizes.length < 12 ? 10 : 40)) throw new Error('Query read timeout');
    });
    const events = Array.from({ length: 64 }, (_, index) => event(index, post({ seq: index + 1 })));
    await group.submit(read('0', events));
    expect(sizes).toEqual([64, 64, 64, 32, 32, 32, 16, 16, 16, 8, 16, 16, 32, 8]);
    expect(commits.flat().reduce((sum, { totals }) => sum + totals.readings, 0)).toBe(64);
    expect(await totalsOf(database)).toMatchObject({ events: 64, readings: 64, duplicates: 0 });
  });

  it('ends a batch that does not follow on the checkpoint, so that its reader starts again from there', async () => {
    const { group } = open();
    await group.submit(read('0', [event(0, { pref: '13' })]));
    const ahead = group.submit(read('0', [event(5, { pref: '13' })], false));
    await expect(ahead).rejects.toMatchObject({ code: 'OWNERSHIP_LOST' });
    expect(await totalsOf(database)).toMatchObject({ events: 1, skipped: 0 });
  });

  it('ends a batch whose partition another worker owns, and commits the others', async () => {
    await database.query(`UPDATE partition SET owner_id = 'other' WHERE partition_id = '1'`);
    const { group } = open();
    const mine = group.submit(read('0', [event(0, { pref: '13' })]));
    const stolen = group.submit(read('1', [event(0, { pref: '13' })]));
    const behind = group.submit(read('1', [event(1, { pref: '13' })], false));
    await expect(stolen).rejects.toMatchObject({ code: 'OWNERSHIP_LOST' });
    await expect(behind).rejects.toMatchObject({ code: 'OWNERSHIP_LOST' });
    await mine;
    expect(await totalsOf(database)).toMatchObject({ events: 1 });
  });
});

describe('an event that the database refuses', () => {
  beforeEach(() => database.script(`ALTER TABLE window_region ADD CONSTRAINT poison CHECK (region <> '47')`));
  afterEach(() => database.script('ALTER TABLE window_region DROP CONSTRAINT poison'));

  it('is found among the good ones and kept; they are counted, and the partition goes on', async () => {
    const { group } = open();
    const events = Array.from({ length: 20 }, (_, index) =>
      event(index, post({ seq: index + 1, pref: index === 13 || index === 14 ? '47' : '13' })),
    );
    await Promise.all([group.submit(read('0', events)), group.submit(read('1', [event(0, { pref: '01' })]))]);
    expect(await windowsOf(database)).toEqual(['12:00 01: 1/1 provisional', '12:00 13: 18/18 provisional']);
    const letters = await database.query('SELECT sequence_number, reason, imsi, detail FROM dead_letter ORDER BY 1');
    expect(letters).toMatchObject([
      { sequence_number: 13, reason: 'invalid-value', imsi: '295000000000001' },
      { sequence_number: 14, detail: expect.stringContaining('The database refuses it') },
    ]);
    expect(await totalsOf(database)).toMatchObject({ events: 21, readings: 19, deadLetters: 2, skipped: 0 });
    await group.submit(read('0', [rawEvent(20, 'still no JSON')], false));
    expect(await totalsOf(database)).toMatchObject({ events: 22, deadLetters: 3 });
  });
});

describe('the end of a worker', () => {
  const away = Object.assign(new Error('away'), { code: '08006' });

  it('commits what has been submitted and takes no more', async () => {
    const { group } = open();
    const submitted = group.submit(read('0', [event(0, { pref: '13' })]));
    await group.close(5000);
    await submitted;
    expect(await totalsOf(database)).toMatchObject({ events: 1 });
    await expect(group.submit(read('0', [event(1, { pref: '13' })]))).rejects.toMatchObject({ code: 'OWNERSHIP_LOST' });
  });

  it('gives up in time what the database does not take', async () => {
    const clock = new TestClock(NOON);
    const { group } = open(
      Array.from({ length: 1000 }, () => ({ when: 'before', error: away })),
      clock,
    );
    const given = expect(group.submit(read('0', [event(0, { pref: '13' })]))).rejects.toMatchObject({
      code: 'OWNERSHIP_LOST',
    });
    const closing = group.close(5000);
    await clock.advance(5000);
    await closing;
    await given;
    expect(await totalsOf(database)).toMatchObject({ events: 0 });
  });
});

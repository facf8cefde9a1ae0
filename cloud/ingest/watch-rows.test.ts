import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../store/index.ts';
import { openMemoryStore } from '../store/testing/memory-store.ts';
import { policyOf } from '../windows/index.ts';
import { registerPartitions } from './register.ts';
import type { PartitionStanding } from './watch.ts';
import { readWatched, readWorkers, removeWorker, saveStandings, saveWorker } from './watch-rows.ts';

const hub = { namespace: 'local', hub: 'telemetry', consumerGroup: '$Default' };
const policy = policyOf({ lateToleranceMs: 5000, earlyToleranceMs: 300_000, outOfOrderToleranceMs: 0 });
const logger = { debug() {}, info() {}, warn() {}, error() {} };

let store: Store;
beforeAll(async () => {
  store = await openMemoryStore({ logger });
});
afterAll(() => store.close());
beforeEach(async () => {
  await store.script('TRUNCATE partition, partition_watch, worker');
  await registerPartitions(store, hub, { createdAt: 1, partitionIds: ['0'] }, policy);
  await store.query(`UPDATE partition_watch SET since = clock_timestamp() - interval '1 hour'`);
});

async function seen(position: number | null, lastEnqueued: number | null): Promise<void> {
  const backlog = Math.max(0, (lastEnqueued ?? -1) - (position ?? -1));
  const standing: PartitionStanding = {
    partitionId: '0',
    position,
    lastEnqueued,
    backlog,
    progressedAt: 0,
    state: 'behind',
  };
  await saveStandings(store, hub, [standing]);
}

/** Since when the partition stands still: `long` ago, or `now`. */
async function since(): Promise<'long' | 'now'> {
  const { now, partitions } = await readWatched(store);
  return now - partitions[0]!.since! > 1_800_000 ? 'long' : 'now';
}

describe('what workers see of a partition', () => {
  it('is known from its registration on, before any has looked', async () => {
    expect(await readWatched(store)).toMatchObject({
      partitions: [{ partitionId: '0', lookedAt: null, backlog: 0, position: null }],
      trouble: null,
    });
    await registerPartitions(store, hub, { createdAt: 1, partitionIds: ['0'] }, policy);
    expect(await since()).toBe('long');
  });

  it('keeps since when it stands still, whoever looks and however often, until it moves', async () => {
    await seen(null, 10);
    await seen(null, 20);
    expect(await since()).toBe('long');
    await seen(0, 20);
    expect(await since()).toBe('now');
  });

  it.each([
    ['all is committed', 10, 10, 'now'],
    ['the hub is empty', 10, null, 'now'],
    ['the hub ends before what was committed', 10, 3, 'long'],
    ['there is more', 10, 11, 'long'],
  ])('when %s, has it stand still since %#', async (_, position, lastEnqueued, expected) => {
    await store.query('UPDATE partition_watch SET sequence_number = $1', [position]);
    await seen(position, lastEnqueued);
    expect(await since()).toBe(expected);
  });

  it('includes what keeps a worker from the hub, by the one that has waited longest', async () => {
    await saveWorker(store, 'a', null);
    await saveWorker(store, 'b', { code: 'EVENT_HUBS_UNREACHABLE', message: 'away', since: 2000 });
    await saveWorker(store, 'c', { code: 'EVENT_HUBS_UNAUTHORIZED', message: 'refused', since: 1000 });
    expect((await readWatched(store)).trouble).toEqual({
      code: 'EVENT_HUBS_UNAUTHORIZED',
      message: 'refused',
      since: 1000,
    });
    await saveWorker(store, 'c', null);
    await removeWorker(store, 'b');
    expect((await readWatched(store)).trouble).toBeNull();
  });

  it('tells the workers that run, what keeps each from the hub, and the key that each reads with now', async () => {
    const trouble = { code: 'EVENT_HUBS_UNAUTHORIZED', message: 'refused', since: 1000 };
    await saveWorker(store, 'gone', null, 'sha256:0');
    await store.query(`UPDATE worker SET looked_at = looked_at - interval '16 seconds'`);
    await saveWorker(store, 'b', trouble);
    await saveWorker(store, 'a', null, 'sha256:1');
    await saveWorker(store, 'a', null, 'sha256:2');
    expect(await readWorkers(store)).toEqual([
      { workerId: 'a', lookedAt: expect.any(Number), hubKey: 'sha256:2', trouble: null },
      { workerId: 'b', lookedAt: expect.any(Number), hubKey: null, trouble },
    ]);
  });

  it('forgets workers that were killed long ago', async () => {
    await saveWorker(store, 'killed', { code: 'EVENT_HUBS_UNREACHABLE', message: 'away', since: 1000 });
    await store.query(`UPDATE worker SET looked_at = looked_at - interval '2 hours'`);
    await saveWorker(store, 'a', null);
    await removeWorker(store, 'other');
    expect(await store.query('SELECT worker_id FROM worker')).toEqual([{ worker_id: 'a' }]);
  });
});

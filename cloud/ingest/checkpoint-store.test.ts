import { TestClock } from '@tashika/shared/time';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../store/index.ts';
import { openMemoryStore } from '../store/testing/memory-store.ts';
import { policyOf } from '../windows/index.ts';
import { StoredCheckpoints } from './checkpoint-store.ts';
import { commit } from './commit.ts';
import { openEvent } from './event.ts';
import { event, NOON } from './sample-events.ts';

const hub = { namespace: '127.0.0.1:5703', hub: 'telemetry', consumerGroup: '$Default' };
const tolerances = { lateToleranceMs: 5000, earlyToleranceMs: 300_000, outOfOrderToleranceMs: 0 };
const policy = policyOf(tolerances);
const logger = { debug() {}, info() {}, warn() {}, error() {} };
const named = ['127.0.0.1', 'telemetry', '$Default'] as const;

let store: Store;
let checkpoints: StoredCheckpoints;
beforeAll(async () => {
  store = await openMemoryStore({ logger });
});
afterAll(() => store.close());
beforeEach(async () => {
  await store.script('TRUNCATE partition');
  checkpoints = new StoredCheckpoints(store, hub, new TestClock(NOON));
});

function claim(partitionId: string, ownerId: string, etag?: string) {
  const [fullyQualifiedNamespace, eventHubName, consumerGroup] = named;
  const request = { fullyQualifiedNamespace, eventHubName, consumerGroup, partitionId, ownerId };
  return checkpoints.claimOwnership([etag === undefined ? request : { ...request, etag }]);
}

describe('partition ownership', () => {
  it('goes to the first who claims a partition', async () => {
    expect(await claim('0', 'first')).toMatchObject([{ partitionId: '0', ownerId: 'first' }]);
    expect(await claim('0', 'second')).toEqual([]);
    expect(await checkpoints.listOwnership(named[0])).toMatchObject([{ partitionId: '0', ownerId: 'first' }]);
  });

  it('changes hands only for one who has seen the latest claim', async () => {
    const [first] = await claim('0', 'first');
    const [renewed] = await claim('0', 'first', first!.etag);
    expect(await claim('0', 'second', first!.etag)).toEqual([]);
    expect(await claim('0', 'second', renewed!.etag)).toHaveLength(1);
    expect(await claim('0', 'first', renewed!.etag)).toEqual([]);
  });

  it('goes to one of many who claim at once', async () => {
    const [first] = await claim('0', 'gone');
    const rivals = await Promise.all(
      Array.from({ length: 10 }, (_, index) => claim('0', `rival-${index}`, first!.etag)),
    );
    expect(rivals.flat()).toHaveLength(1);
  });

  it('is as old as the database says, on the clock of the machine that asks', async () => {
    await claim('0', 'first');
    await store.query(`UPDATE partition SET owned_at = clock_timestamp() - interval '10 seconds'`);
    const [ownership] = await checkpoints.listOwnership(named[0]);
    expect(NOON - ownership!.lastModifiedTimeInMs!).toBeGreaterThanOrEqual(10_000);
    expect(NOON - ownership!.lastModifiedTimeInMs!).toBeLessThan(20_000);
  });

  it('that is given back fences its owner off and can be claimed at once', async () => {
    await claim('0', 'first');
    await claim('1', 'first');
    await checkpoints.release('first', '0');
    const batch = { partitionId: '0', ownerId: 'first', events: [openEvent(event(0, { pref: '13' }))] };
    const context = { hub, policy, logger, now: NOON };
    expect((await commit(store, [{ ...batch, startsAtCheckpoint: true }], context)).fencedOff).toHaveLength(1);
    const [released, kept] = (await checkpoints.listOwnership(named[0])).sort((a, b) =>
      a.partitionId < b.partitionId ? -1 : 1,
    );
    expect(released!.ownerId).toBe('');
    expect(kept!.ownerId).toBe('first');
    expect(await claim('0', 'second', released!.etag)).toHaveLength(1);
  });
});

describe('checkpoints', () => {
  it('are where the commits have come to', async () => {
    await claim('0', 'me');
    await claim('1', 'me');
    expect(await checkpoints.listCheckpoints(named[0])).toEqual([]);
    const events = [openEvent(event(41, { pref: '13' })), openEvent(event(42, { pref: '13' }))];
    await commit(store, [{ partitionId: '0', ownerId: 'me', events, startsAtCheckpoint: true }], {
      hub,
      policy,
      logger,
      now: NOON,
    });
    expect(await checkpoints.listCheckpoints(named[0])).toEqual([
      {
        fullyQualifiedNamespace: '127.0.0.1',
        eventHubName: 'telemetry',
        consumerGroup: '$Default',
        partitionId: '0',
        sequenceNumber: 42,
        offset: '@42',
      },
    ]);
  });
});

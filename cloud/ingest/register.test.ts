import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../store/index.ts';
import { openMemoryStore } from '../store/testing/memory-store.ts';
import { policyOf } from '../windows/index.ts';
import { commit } from './commit.ts';
import { openEvent } from './event.ts';
import { registerPartitions } from './register.ts';
import { NOON, rawEvent } from './sample-events.ts';

const hub = { namespace: 'local', hub: 'telemetry', consumerGroup: '$Default' };
const facts = { createdAt: NOON, partitionIds: ['0', '1'] };
const replaced = { ...facts, createdAt: NOON + 1 };
const tolerances = { lateToleranceMs: 5000, earlyToleranceMs: 300_000, outOfOrderToleranceMs: 0 };
const policy = policyOf(tolerances);
const logger = { debug() {}, info() {}, warn() {}, error() {} };

let store: Store;
beforeAll(async () => {
  store = await openMemoryStore({ logger });
});
afterAll(() => store.close());
beforeEach(async () => {
  await store.script('TRUNCATE partition, dead_letter RESTART IDENTITY');
  await registerPartitions(store, hub, facts, policy);
});

function partitions(): Promise<unknown[]> {
  return store.query('SELECT namespace, partition_id, hub_created_at FROM partition ORDER BY namespace, partition_id');
}

async function refuseAnEvent(): Promise<void> {
  await store.query(`UPDATE partition SET owner_id = 'me'`);
  const events = [openEvent(rawEvent(0, 'no JSON'))];
  const batch = { partitionId: '0', ownerId: 'me', events, startsAtCheckpoint: true };
  await commit(store, [batch], { hub, policy, logger, now: NOON });
}

describe('the partitions of a hub', () => {
  it('are registered once, with the time at which the hub was made, and those that it gains later too', async () => {
    await registerPartitions(store, hub, { ...facts, partitionIds: ['0', '1', '2'] }, policy);
    expect(await partitions()).toEqual(
      ['0', '1', '2'].map((partition_id) => ({
        namespace: 'local',
        partition_id,
        hub_created_at: new Date(NOON),
      })),
    );
  });

  it.each([
    ['namespace', { ...hub, namespace: 'elsewhere' }],
    ['hub', { ...hub, hub: 'other' }],
    ['consumer group', { ...hub, consumerGroup: 'dashboard' }],
  ])('are refused in the store of another %s, which would hold its windows open for good', async (_, other) => {
    const before = await partitions();
    await expect(registerPartitions(store, other, facts, policy)).rejects.toMatchObject({
      code: 'STORE_OF_ANOTHER_HUB',
      message: expect.stringContaining('the hub telemetry of local by consumer group $Default'),
    });
    expect(await partitions()).toEqual(before);
  });

  it('are refused when the store knows one that the hub does not have', async () => {
    const fewer = { ...facts, partitionIds: ['0'] };
    await expect(registerPartitions(store, hub, fewer, policy)).rejects.toMatchObject({ code: 'STORE_OF_ANOTHER_HUB' });
  });

  it('are refused when the hub was made anew under its name, by a millisecond', async () => {
    const before = await partitions();
    await expect(registerPartitions(store, hub, replaced, policy)).rejects.toMatchObject({
      code: 'HUB_REPLACED',
      message: expect.stringContaining(
        'made at 2026-06-01T12:00:00.000Z; this one was made at 2026-06-01T12:00:00.001Z',
      ),
    });
    expect(await partitions()).toEqual(before);
  });

  it('are read anew once the positions in the former hub are forgotten, and its dead letters stay', async () => {
    await refuseAnEvent();
    await store.query(`UPDATE partition SET sequence_number = NULL, "offset" = NULL, hub_created_at = 'epoch'`);
    await registerPartitions(store, hub, replaced, policy);
    await refuseAnEvent();
    expect(await store.query('SELECT sequence_number, hub_created_at FROM dead_letter ORDER BY id')).toEqual([
      { sequence_number: 0, hub_created_at: new Date(NOON) },
      { sequence_number: 0, hub_created_at: new Date(NOON + 1) },
    ]);
  });
});

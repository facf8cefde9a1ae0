import {
  type Checkpoint,
  type CheckpointStore,
  CloseReason,
  EventHubConsumerClient,
  earliestEventPosition,
  type PartitionOwnership,
  type SubscribeOptions,
} from '@azure/event-hubs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { consumerOf, producerOf, readEvents, refusalOf, startRig, until } from './rig.ts';
import type { EventHubs } from './server.ts';

/** Ownership and checkpoints in memory: a claim stands when it was made from the newest state. */
class MemoryCheckpointStore implements CheckpointStore {
  readonly #ownerships = new Map<string, PartitionOwnership>();
  readonly #checkpoints = new Map<string, Checkpoint>();
  #version = 0;

  async listOwnership(): Promise<PartitionOwnership[]> {
    return [...this.#ownerships.values()].map((ownership) => ({ ...ownership }));
  }

  async claimOwnership(claims: PartitionOwnership[]): Promise<PartitionOwnership[]> {
    return claims.flatMap((claim) => {
      const current = this.#ownerships.get(claim.partitionId);
      if (current && current.etag !== claim.etag) return [];
      this.#version += 1;
      const owned = { ...claim, etag: String(this.#version), lastModifiedTimeInMs: Date.now() };
      this.#ownerships.set(claim.partitionId, owned);
      return [{ ...owned }];
    });
  }

  async updateCheckpoint(checkpoint: Checkpoint): Promise<void> {
    this.#checkpoints.set(checkpoint.partitionId, checkpoint);
  }

  async listCheckpoints(): Promise<Checkpoint[]> {
    return [...this.#checkpoints.values()];
  }
}

describe('epochs', () => {
  it('let the newest of equal ones take a partition over, and tell the loser that its link was stolen', async () => {
    const eventHubs = await startRig();
    const producer = producerOf(eventHubs);
    await producer.sendBatch([{ body: 'one' }], { partitionId: '0' });
    const first = readUntilError(eventHubs, 7);
    await until(() => first.bodies.length === 1);
    const second = readUntilError(eventHubs, 7);
    expect(await first.failed).toBe('ReceiverDisconnectedError');
    await until(() => second.bodies.length === 1);
    await producer.sendBatch([{ body: 'two' }], { partitionId: '0' });
    await until(() => second.bodies.length === 2);

    expect(first.bodies).toEqual(['one']);
  });

  it('refuse a lower one, and one without, while a higher one reads', async () => {
    const eventHubs = await startRig();
    await producerOf(eventHubs).sendBatch([{ body: 'one' }], { partitionId: '0' });
    const high = readUntilError(eventHubs, 5);
    await until(() => high.bodies.length === 1);

    const read = (options: SubscribeOptions) => {
      return readEvents(consumerOf(eventHubs), '0', earliestEventPosition, 1, options);
    };

    expect((await refusalOf(read({ ownerLevel: 4 }))).code).toBe('ReceiverDisconnectedError');
    expect((await refusalOf(read({}))).code).toBe('ReceiverDisconnectedError');
    const elsewhere = await readEvents(consumerOf(eventHubs, { group: 'dashboard' }), '0', earliestEventPosition, 1);
    expect(elsewhere.length).toBe(1);
  });

  it('drive out those who read without one', async () => {
    const eventHubs = await startRig();
    await producerOf(eventHubs).sendBatch([{ body: 'one' }], { partitionId: '0' });
    const plain = readUntilError(eventHubs, undefined);
    await until(() => plain.bodies.length === 1);
    readUntilError(eventHubs, 1);

    expect(await plain.failed).toBe('ReceiverDisconnectedError');
  });

  it('free the partition when the reader leaves', async () => {
    const eventHubs = await startRig();
    await producerOf(eventHubs).sendBatch([{ body: 'one' }], { partitionId: '0' });
    await readEvents(consumerOf(eventHubs), '0', earliestEventPosition, 1, { ownerLevel: 9 });

    expect((await readEvents(consumerOf(eventHubs), '0', earliestEventPosition, 1, { ownerLevel: 1 })).length).toBe(1);
  });
});

it('five readers share a partition of a consumer group, a sixth is refused', async () => {
  const eventHubs = await startRig();
  await producerOf(eventHubs).sendBatch([{ body: 'one' }], { partitionId: '0' });
  const five = [1, 2, 3, 4, 5].map(() => readUntilError(eventHubs, undefined));
  await until(() => five.every((reader) => reader.bodies.length === 1));

  const sixth = readEvents(consumerOf(eventHubs), '0', earliestEventPosition, 1);

  expect((await refusalOf(sixth)).code).toBe('QuotaExceededError');
});

it('two consumer clients share the partitions by a checkpoint store, and the second goes on when the first leaves', async () => {
  const eventHubs = await startRig();
  const store = new MemoryCheckpointStore();
  const counted = new Map<string, number>();
  const first = subscribe(eventHubs, store, counted);
  await until(() => first.owned.size === 4);
  const second = subscribe(eventHubs, store, counted);
  await until(() => first.owned.size === 2 && second.owned.size === 2);
  expect(first.closed).toContain(CloseReason.OwnershipLost);

  await publish(eventHubs, 400);
  await until(() => counted.size === 400);
  await first.close();
  await until(() => second.owned.size === 4);
  await publish(eventHubs, 400, 400);
  await until(() => counted.size === 800);
  await second.close();

  expect([...counted.values()].every((times) => times === 1)).toBe(true);
});

/** Reads partition 0 from its start, with an epoch or without, until it is driven out. */
function readUntilError(eventHubs: EventHubs, ownerLevel: number | undefined) {
  const bodies: unknown[] = [];
  const failed = new Promise<string | undefined>((resolve) => {
    consumerOf(eventHubs).subscribe(
      '0',
      {
        processEvents: async (events) => {
          bodies.push(...events.map((event) => event.body));
        },
        processError: async (error) => resolve((error as { code?: string }).code),
      },
      {
        startPosition: earliestEventPosition,
        maxWaitTimeInSeconds: 1,
        ...(ownerLevel !== undefined && { ownerLevel }),
      },
    );
  });
  return { bodies, failed };
}

/** A consumer client with a store: counts each event by its body, and checkpoints after each batch. */
function subscribe(eventHubs: EventHubs, store: CheckpointStore, counted: Map<string, number>) {
  const owned = new Set<string>();
  const closed: CloseReason[] = [];
  const client = new EventHubConsumerClient('$Default', eventHubs.connectionString('listen', 'telemetry'), store, {
    loadBalancingOptions: {
      strategy: 'greedy',
      updateIntervalInMs: 200,
      partitionOwnershipExpirationIntervalInMs: 5000,
    },
  });
  const subscription = client.subscribe(
    {
      processInitialize: async (context) => {
        owned.add(context.partitionId);
      },
      processClose: async (reason, context) => {
        owned.delete(context.partitionId);
        closed.push(reason);
      },
      processEvents: async (events, context) => {
        for (const { body } of events) counted.set(body as string, (counted.get(body as string) ?? 0) + 1);
        if (events.length > 0) await context.updateCheckpoint(events.at(-1)!);
      },
      processError: async () => undefined,
    },
    { startPosition: earliestEventPosition, maxBatchSize: 100, maxWaitTimeInSeconds: 0.2 },
  );
  onTestFinished(() => client.close());
  return { owned, closed, close: () => subscription.close() };
}

async function publish(eventHubs: EventHubs, count: number, from = 0): Promise<void> {
  const producer = producerOf(eventHubs);
  for (const partition of [0, 1, 2, 3]) {
    const numbers = Array.from({ length: count / 4 }, (_, index) => from + index * 4 + partition);
    await producer.sendBatch(
      numbers.map((number) => ({ body: `event-${number}` })),
      { partitionId: String(partition) },
    );
  }
}

import { EventHubConsumerClient, EventHubProducerClient, type PartitionProperties } from '@azure/event-hubs';
import type { SentEvent } from './traffic.ts';

/** Small enough that a hub that keeps little lets go of some of what it was sent, and not of all. */
const MOST_BATCH_BYTES = 16 * 1024;

/** What a hub says of its partitions, in the order of their ids. */
export async function partitionsOf(connectionString: string, hub: string): Promise<PartitionProperties[]> {
  const client = new EventHubConsumerClient('$Default', connectionString, hub);
  try {
    const ids = (await client.getPartitionIds()).sort((a, b) => Number(a) - Number(b));
    return await Promise.all(ids.map((id) => client.getPartitionProperties(id)));
  } finally {
    await client.close();
  }
}

/** How many events a hub has taken since it was made, by its own word. Nothing may have been retired yet. */
export async function eventsIn(connectionString: string, hub: string): Promise<number> {
  const partitions = await partitionsOf(connectionString, hub);
  return partitions.reduce((sum, { lastEnqueuedSequenceNumber }) => sum + lastEnqueuedSequenceNumber + 1, 0);
}

/** What of an event the hub is given. */
export type HubEvent = Pick<SentEvent, 'partition' | 'body'>;

/** Puts events into their partitions, each partition's in their order, by the SDK's own producer. */
export async function sendToHub(connectionString: string, hub: string, events: readonly HubEvent[]): Promise<void> {
  const client = new EventHubProducerClient(connectionString, hub);
  try {
    const partitions = new Set(events.map(({ partition }) => partition));
    await Promise.all(
      [...partitions].map(async (partitionId) => {
        const options = { partitionId, maxSizeInBytes: MOST_BATCH_BYTES };
        let batch = await client.createBatch(options);
        for (const { partition, body } of events) {
          if (partition !== partitionId || batch.tryAdd({ body })) continue;
          if (batch.count > 0) await client.sendBatch(batch);
          batch = await client.createBatch(body.byteLength < MOST_BATCH_BYTES / 2 ? options : { partitionId });
          if (!batch.tryAdd({ body })) throw new Error(`The hub takes no event of ${body.byteLength} bytes.`);
        }
        await client.sendBatch(batch);
      }),
    );
  } finally {
    await client.close();
  }
}

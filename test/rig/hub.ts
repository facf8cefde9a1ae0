import { EventHubConsumerClient, EventHubProducerClient, type PartitionProperties } from '@azure/event-hubs';
import type { SentEvent } from './traffic.ts';

/** What a hub says of its partitions. */
export async function partitionsOf(connectionString: string, hub: string): Promise<PartitionProperties[]> {
  const client = new EventHubConsumerClient('$Default', connectionString, hub);
  try {
    const ids = await client.getPartitionIds();
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
        let batch = await client.createBatch({ partitionId });
        for (const { partition, body } of events) {
          if (partition !== partitionId || batch.tryAdd({ body })) continue;
          await client.sendBatch(batch);
          batch = await client.createBatch({ partitionId });
          batch.tryAdd({ body });
        }
        await client.sendBatch(batch);
      }),
    );
  } finally {
    await client.close();
  }
}

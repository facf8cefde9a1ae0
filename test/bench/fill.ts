import { EventHubProducerClient } from '@azure/event-hubs';
import { eventBody } from './events.ts';

export const HUB = 'telemetry';

/** Publishes events `0` to `events - 1`, the n-th in partition `n` modulo their number. */
export async function fillHub(connectionString: string, partitions: number, events: number): Promise<void> {
  const producer = new EventHubProducerClient(connectionString, HUB);
  for (let partition = 0; partition < partitions; partition++) {
    let batch = await producer.createBatch({ partitionId: String(partition) });
    for (let n = partition; n < events; n += partitions) {
      const event = { body: eventBody(n) };
      if (batch.tryAdd(event)) continue;
      await producer.sendBatch(batch);
      batch = await producer.createBatch({ partitionId: String(partition) });
      batch.tryAdd(event);
    }
    if (batch.count > 0) await producer.sendBatch(batch);
  }
  await producer.close();
}

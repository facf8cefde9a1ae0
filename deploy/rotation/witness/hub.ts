import { EventHubProducerClient } from '@azure/event-hubs';
import { HubInspector, type HubSettings } from '@tashika/cloud/ingest';
import { messageOf } from '@tashika/shared/errors';
import type { Clock, Timestamp } from '@tashika/shared/time';

/** Asks the hub what it makes of a key, over a connection of its own for each question. */
export interface HubProbe {
  /** What a sender with this connection string meets: it opens a link to the hub and sends nothing. */
  asSender(connectionString: string): Promise<{ refusal: string | undefined; newestEvent: Timestamp | undefined }>;
  /** Why a reader with this connection string is not let in; undefined where it is. */
  asReader(connectionString: string): Promise<string | undefined>;
}

const ANSWER_WITHIN_MS = 10_000;

/** @param hub the event hub's name, for a connection string that names none */
export function hubProbe(hub: string, consumerGroup: string, clock: Clock): HubProbe {
  return {
    async asSender(connectionString) {
      const client = new EventHubProducerClient(withoutHub(connectionString), hub, {
        retryOptions: { maxRetries: 0, timeoutInMs: ANSWER_WITHIN_MS },
      });
      try {
        await client.createBatch(); // it asks the link how large a message may be, and a link is for a key with Send
        const ids = await client.getPartitionIds();
        const partitions = await Promise.all(ids.map((id) => client.getPartitionProperties(id)));
        const times = partitions.flatMap(({ isEmpty, lastEnqueuedOnUtc }) =>
          isEmpty ? [] : [lastEnqueuedOnUtc.getTime()],
        );
        return { refusal: undefined, newestEvent: times.length > 0 ? Math.max(...times) : undefined };
      } catch (error) {
        return { refusal: messageOf(error), newestEvent: undefined };
      } finally {
        await client.close().catch(() => {}); // a connection that is broken already
      }
    },

    async asReader(connectionString) {
      const settings = { connectionString: withoutHub(connectionString), hub, consumerGroup } as HubSettings;
      const inspector = new HubInspector(settings, clock);
      try {
        const { partitionIds } = await inspector.hub();
        await inspector.mayRead(partitionIds[0]!);
        return undefined;
      } catch (error) {
        return messageOf(error);
      } finally {
        await inspector.close();
      }
    },
  };
}

/** The SDK takes a hub's name from one place alone. */
function withoutHub(connectionString: string): string {
  return connectionString
    .split(';')
    .filter((part) => !/^\s*EntityPath\s*=/i.test(part))
    .join(';');
}

import { type EventHubConsumerClient, earliestEventPosition, type Subscription } from '@azure/event-hubs';
import { isTashikaError, messageOf, TashikaError } from '@tashika/shared/errors';
import type { Clock, Timestamp } from '@tashika/shared/time';
import { type HubSettings, hubClient, refusalOf } from './hub-settings.ts';

/** What the hub says about itself. */
export interface HubFacts {
  /** Tells it from a hub that is made anew under the same name, whose events are numbered from 0 again. */
  readonly createdAt: Timestamp;
  readonly partitionIds: readonly string[];
}

/** What the hub says about one partition. */
export interface PartitionFacts {
  readonly isEmpty: boolean;
  readonly lastEnqueued: number;
}

const ANSWER_WITHIN_MS = 5000;
/** How long an open link waits for a refusal, which follows at once; a partition without events says nothing. */
const REFUSED_WITHIN_S = 0.5;

/**
 * Asks the hub about itself, over a connection of its own and without retries. The client that reads may retry a
 * refusal for ever, or hang on a dead link, and not say so; this one tells.
 */
export class HubInspector {
  readonly #eventHubs: HubSettings;
  readonly #clock: Clock;
  #client: EventHubConsumerClient | undefined;
  #asking: AbortController | undefined;

  constructor(eventHubs: HubSettings, clock: Clock) {
    this.#eventHubs = eventHubs;
    this.#clock = clock;
  }

  /** @throws TashikaError EVENT_HUBS_UNAUTHORIZED, EVENT_HUBS_UNREACHABLE */
  hub(): Promise<HubFacts> {
    return this.#ask(async (client, abortSignal) => {
      const { createdOn, partitionIds } = await client.getEventHubProperties({ abortSignal });
      return { createdAt: createdOn.getTime(), partitionIds };
    });
  }

  /** @throws TashikaError EVENT_HUBS_UNAUTHORIZED, EVENT_HUBS_UNREACHABLE */
  async partitions(partitionIds: readonly string[]): Promise<Map<string, PartitionFacts>> {
    return this.#ask(async (client, abortSignal) => {
      const facts = new Map<string, PartitionFacts>();
      for (const id of partitionIds) {
        const { isEmpty, lastEnqueuedSequenceNumber } = await client.getPartitionProperties(id, { abortSignal });
        facts.set(id, { isEmpty, lastEnqueued: lastEnqueuedSequenceNumber });
      }
      return facts;
    });
  }

  /**
   * Opens a link to a partition as a reader would, and closes it. What the hub tells about itself, it tells to any key;
   * events it gives only to one with the Listen claim. Without an epoch the link drives no reader out, and it may itself
   * be refused for one that reads: that, like any answer but a refusal of the key, counts as none.
   *
   * @throws TashikaError EVENT_HUBS_UNAUTHORIZED
   */
  mayRead(partitionId: string): Promise<void> {
    return this.#ask(async (client, abortSignal) => {
      const refusal = await firstErrorOf(client, partitionId, abortSignal);
      if (!isUnauthorized(refusal)) return;
      throw new TashikaError('EVENT_HUBS_UNAUTHORIZED', refusalOf(this.#eventHubs, messageOf(refusal)), {
        cause: refusal,
      });
    });
  }

  /** What is being asked ends at once: the SDK throws where nobody catches if that ends after its connection has. */
  async close(): Promise<void> {
    this.#asking?.abort();
    const client = this.#client;
    this.#client = undefined;
    await client?.close().catch(() => {}); // a connection that is broken already
  }

  async #ask<Answer>(
    question: (client: EventHubConsumerClient, signal: AbortSignal) => Promise<Answer>,
  ): Promise<Answer> {
    const late = new AbortController();
    const timer = this.#clock.after(ANSWER_WITHIN_MS, () => late.abort());
    this.#asking = late;
    try {
      await this.#eventHubs.identity?.getToken(); // what the SDK would tell of a missing token has no code
      this.#client ??= hubClient(this.#eventHubs, { retryOptions: { maxRetries: 0 } });
      return await question(this.#client, late.signal);
    } catch (error) {
      this.#asking = undefined;
      void this.close(); // the next question starts on a new connection
      throw isTashikaError(error) ? error : hubError(error, this.#eventHubs);
    } finally {
      this.#asking = undefined;
      timer.cancel();
    }
  }
}

/** The first error of a link that reads the partition; undefined if it is let in, or nothing is said in time. */
async function firstErrorOf(client: EventHubConsumerClient, partitionId: string, late: AbortSignal): Promise<unknown> {
  let subscription: Subscription | undefined;
  const error = await new Promise<unknown>((resolve) => {
    late.addEventListener('abort', () => resolve(undefined), { once: true });
    subscription = client.subscribe(
      partitionId,
      { processEvents: async () => resolve(undefined), processError: async (each) => resolve(each) },
      {
        maxBatchSize: 1,
        prefetchCount: 1,
        maxWaitTimeInSeconds: REFUSED_WITHIN_S,
        startPosition: earliestEventPosition,
        skipParsingBodyAsJson: true,
      },
    );
  });
  void subscription?.close().catch(() => {}); // not waited for: on a dead link it takes a minute
  return error;
}

/** An error of the SDK as one that says what to do. Once its retries run out it hides in an AggregateError. */
function hubError(error: unknown, eventHubs: HubSettings): TashikaError {
  if (!isUnauthorized(error))
    return new TashikaError('EVENT_HUBS_UNREACHABLE', `Event Hubs does not answer: ${messageOf(error)}`, {
      cause: error,
    });
  const because = messageOf(error);
  return new TashikaError(
    'EVENT_HUBS_UNAUTHORIZED',
    eventHubs.identity ? refusalOf(eventHubs, because) : `Event Hubs refuses the connection string: ${because}`,
    { cause: error },
  );
}

function isUnauthorized(error: unknown): boolean {
  const codes = [error, ...((error as AggregateError | null | undefined)?.errors ?? [])].map(
    (each) => (each as { code?: unknown } | null)?.code,
  );
  return codes.includes('UnauthorizedError');
}

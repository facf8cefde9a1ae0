import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import {
  type EventHubConsumerClient,
  type EventHubConsumerClientOptions,
  earliestEventPosition,
  type PartitionContext,
  type ReceivedEventData,
  RetryMode,
  type Subscription,
} from '@azure/event-hubs';
import { isTashikaError, messageOf, TashikaError } from '@tashika/shared/errors';
import type { Clock } from '@tashika/shared/time';
import type { CloudConfiguration } from '../config/index.ts';
import type { Logger } from '../store/index.ts';
import type { StoredCheckpoints } from './checkpoint-store.ts';
import type { ArrivedEvent } from './event.ts';
import type { ReadBatch } from './group-commit.ts';
import { Handover } from './handover.ts';
import { type HubSettings, hubClient } from './hub-settings.ts';
import { installLeanAmqp } from './lean-amqp.ts';

export interface HubReaderOptions {
  readonly eventHubs: HubSettings;
  readonly ingest: CloudConfiguration['ingest'];
  readonly checkpoints: StoredCheckpoints;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Resolves when the batch is committed. */
  readonly commit: (batch: ReadBatch) => Promise<void>;
}

/** Enough to outlive any outage: with few retries the SDK closes its links and pauses for a minute. */
const RETRY_OPTIONS = { mode: RetryMode.Fixed, maxRetries: 100_000, retryDelayInMs: 500, timeoutInMs: 10_000 };
const CLOSE_WITHIN_MS = 3000;
/** What may be read ahead of the commits, of all partitions together: about as much as one transaction takes. */
const MOST_AHEAD = { events: 16_000, bytes: 8 * 1024 * 1024 };

/**
 * One life of the SDK's client: it reads the partitions that load balancing gives it and hands each batch to the
 * commit. Each life owns under a name of its own, so what a former one has still in hand is fenced off.
 */
export class HubReader {
  readonly ownerId: string;
  readonly #options: HubReaderOptions;
  readonly #client: EventHubConsumerClient;
  readonly #startsAtCheckpoint = new Set<string>();
  readonly #reading = new Set<string>();
  readonly #handover = new Handover(MOST_AHEAD);
  #subscription: Subscription | undefined;
  #stopping = false;

  constructor(options: HubReaderOptions) {
    this.#options = options;
    // At most 64 characters: Event Hubs takes it as the receiver's name.
    this.ownerId = `${hostname().slice(0, 32)}-${process.pid}-${randomBytes(4).toString('hex')}`;
    const { eventHubs, ingest, checkpoints } = options;
    const clientOptions: EventHubConsumerClientOptions = {
      identifier: this.ownerId,
      retryOptions: RETRY_OPTIONS,
      loadBalancingOptions: {
        strategy: 'greedy',
        updateIntervalInMs: ingest.loadBalancingIntervalMs,
        partitionOwnershipExpirationIntervalInMs: ingest.ownershipExpirationMs,
      },
    };
    this.#client = hubClient(eventHubs, clientOptions, checkpoints);
  }

  /** Partitions that this life reads at the moment. */
  get reading(): ReadonlySet<string> {
    return this.#reading;
  }

  start(): void {
    if (this.#options.ingest.leanAmqp) tryLeanAmqp(this.#options.logger);
    const { maxBatchSize, maxWaitMs } = this.#options.ingest;
    this.#subscription = this.#client.subscribe(
      {
        processInitialize: async ({ partitionId }) => {
          this.#reading.add(partitionId);
          this.#startsAtCheckpoint.add(partitionId);
          this.#handover.start(partitionId);
        },
        processEvents: (events, context) => this.#handle(events, context),
        processError: async (error, { partitionId }) => this.#logError(error, partitionId),
        processClose: (reason, { partitionId }) => this.#closed(partitionId, reason),
      },
      {
        maxBatchSize,
        maxWaitTimeInSeconds: maxWaitMs / 1000,
        // The SDK asks for this many at each receive whatever is still under way, so more would only fill memory.
        prefetchCount: maxBatchSize,
        skipParsingBodyAsJson: true,
        startPosition: earliestEventPosition,
      },
    );
  }

  /** Hands no more batches over from here on. */
  stopReading(): void {
    this.#stopping = true;
  }

  /** Closes the client and gives the partitions back. It may be stuck, so it is not waited for beyond a few seconds. */
  async close(): Promise<void> {
    this.stopReading();
    const closed = (async () => {
      await this.#subscription?.close();
      await this.#client.close();
    })().catch((error) => this.#options.logger.debug({ error: messageOf(error) }, 'closing the client failed'));
    const patience = new AbortController();
    await Promise.race([closed, this.#options.clock.sleep(CLOSE_WITHIN_MS, patience.signal).catch(() => {})]);
    patience.abort();
    await this.#options.checkpoints.release(this.ownerId);
  }

  /**
   * The SDK has moved on from these events before it calls, and goes on with the next ones if this throws an error
   * it may retry. So the commit retries by itself, and what it throws in the end closes the partition for good: with
   * the next batch, or with the empty one that comes when the partition is idle.
   */
  async #handle(received: ReceivedEventData[], { partitionId }: PartitionContext): Promise<void> {
    if (received.length === 0) return this.#handover.settled(partitionId);
    if (this.#stopping) throw new TashikaError('OWNERSHIP_LOST', 'the worker is stopping');
    const startsAtCheckpoint = this.#startsAtCheckpoint.delete(partitionId);
    const { ownerId } = this;
    const events = received.map(arrivedEvent);
    const batch = { partitionId, ownerId, events, startsAtCheckpoint };
    await this.#handover.pass(partitionId, events, () => this.#options.commit(batch));
  }

  async #closed(partitionId: string, reason: string): Promise<void> {
    this.#reading.delete(partitionId);
    this.#options.logger.info({ partition: partitionId, reason }, 'stopped reading a partition');
    // The balancer passes over a partition that is owned and not read until the ownership expires.
    await this.#options.checkpoints
      .release(this.ownerId, partitionId)
      .catch((error) => this.#options.logger.debug({ error: messageOf(error) }, 'the partition was not given back'));
  }

  #logError(error: unknown, partitionId: string): void {
    const fields = { partition: partitionId, error: messageOf(error) };
    const stolen = (error as { code?: unknown } | null)?.code === 'ReceiverDisconnectedError';
    if (stolen || isTashikaError(error, 'OWNERSHIP_LOST'))
      this.#options.logger.info(fields, 'a partition is read by another');
    else this.#options.logger.warn(fields, 'Event Hubs reports an error');
  }
}

/** Without it reading costs more, and is as right. */
function tryLeanAmqp(logger: Logger): void {
  try {
    installLeanAmqp();
  } catch (error) {
    logger.warn({ error: messageOf(error) }, 'the AMQP library is not as expected: messages are decoded by itself');
  }
}

function arrivedEvent(event: ReceivedEventData): ArrivedEvent {
  return {
    sequenceNumber: event.sequenceNumber,
    offset: event.offset,
    enqueuedAt: event.enqueuedTimeUtc.getTime(),
    body: bytesOf(event.body),
  };
}

/** A body that is no data section (AMQP value or sequence) is taken as the JSON it would be. */
function bytesOf(body: unknown): Uint8Array {
  if (body instanceof Uint8Array) return body;
  if (Array.isArray(body) && body.length > 0 && body.every((part) => part instanceof Uint8Array)) {
    return Buffer.concat(body);
  }
  return Buffer.from(typeof body === 'string' ? body : (JSON.stringify(body) ?? ''));
}

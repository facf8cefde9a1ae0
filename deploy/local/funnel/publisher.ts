import { EventHubProducerClient } from '@azure/event-hubs';
import { messageOf, TashikaError } from '@tashika/shared/errors';
import type { Clock, Duration } from '@tashika/shared/time';
import { Lane, type Outgoing } from './lane.ts';

export interface PublisherOptions {
  /** A Send-only connection string. */
  readonly connectionString: string;
  readonly hub: string;
  readonly clock: Clock;
  /** The most that waits for the hub, in bytes; beyond it a post is turned away. */
  readonly maxHeldBytes: number;
  /** Told when the hub can't be reached or refuses us, with the reason; and undefined when it takes events again. */
  readonly onTrouble?: ((reason: string | undefined) => void) | undefined;
}

/** A try takes no longer than this before the next one, in ms. */
const TRY_TIMEOUT_MS = 10_000;
const RETRY_MS = 250;
const CLOSE_TIMEOUT_MS = 1_000;

/**
 * Publishes events with the SDK: one post is one event, no partition key, the posts dealt out over all partitions in
 * turn. What comes while a partition's batch is under way makes up its next one, so many posts at once are few AMQP
 * messages. While the hub is away, events wait here and are tried again, in bounded memory.
 */
export class Publisher {
  readonly #options: PublisherOptions;
  readonly #client: EventHubProducerClient;
  readonly #stopping = new AbortController();
  #lanes: readonly Lane[] = [];
  /** Events from before the partitions are known. */
  #waiting: Outgoing[] = [];
  #opening: Promise<void> | undefined;
  #next = 0;
  #heldBytes = 0;
  /** What gives each held event up. */
  readonly #held = new Set<() => void>();
  #trouble: string | undefined;
  #published = 0;

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#client = new EventHubProducerClient(options.connectionString, options.hub, {
      // Lanes retry themselves: the SDK's own retries would hide for how long a post has waited.
      retryOptions: { maxRetries: 0, timeoutInMs: TRY_TIMEOUT_MS },
    });
  }

  /** Events that wait for the hub or are under way. */
  get held(): number {
    return this.#held.size;
  }

  /** Events that the hub has accepted. */
  get published(): number {
    return this.#published;
  }

  /** Whether `bytes` more may wait. */
  hasRoom(bytes: number): boolean {
    return this.#heldBytes + bytes <= this.#options.maxHeldBytes;
  }

  /**
   * Resolves once the hub has accepted the event.
   *
   * @param withinMs give up after this long; undefined to try until the publisher is closed. An event that is given up
   * on while a try is under way may reach the hub all the same.
   * @throws TashikaError `EVENT_HUBS_UNREACHABLE`
   */
  publish(body: Buffer, withinMs: Duration | undefined): Promise<void> {
    if (this.#stopping.signal.aborted || !this.hasRoom(body.length)) return Promise.reject(this.#unreachable());
    return new Promise<void>((resolve, reject) => {
      const giveUp = () => {
        outgoing.abandoned = true;
        letGo();
        reject(this.#unreachable());
      };
      const timer = withinMs === undefined ? undefined : this.#options.clock.after(withinMs, giveUp);
      const letGo = () => {
        timer?.cancel();
        if (this.#held.delete(giveUp)) this.#heldBytes -= body.length;
      };
      const outgoing: Outgoing = {
        event: { body },
        abandoned: false,
        accepted: () => {
          this.#published += 1;
          letGo();
          resolve();
        },
        impossible: (cause) => {
          letGo();
          reject(new TashikaError('EVENT_HUBS_UNREACHABLE', messageOf(cause), { cause }));
        },
      };
      this.#held.add(giveUp);
      this.#heldBytes += body.length;
      this.#deal(outgoing);
    });
  }

  /** Waits until nothing is held, at most `withinMs`. */
  async drain(withinMs: Duration): Promise<void> {
    const { clock } = this.#options;
    const deadline = clock.monotonic() + withinMs;
    while (this.#held.size > 0 && clock.monotonic() < deadline) await clock.sleep(20);
  }

  /** Gives up what is still held and closes the connection. */
  async close(): Promise<void> {
    this.#stopping.abort();
    for (const giveUp of this.#held) giveUp();
    await Promise.race([this.#client.close().catch(() => {}), this.#options.clock.sleep(CLOSE_TIMEOUT_MS)]);
  }

  #deal(outgoing: Outgoing): void {
    if (this.#lanes.length === 0) {
      this.#waiting.push(outgoing);
      this.#opening ??= this.#open();
      return;
    }
    const lane = this.#lanes[this.#next++ % this.#lanes.length]!;
    lane.add(outgoing);
  }

  /** Asks for the hub's partitions, for as long as it takes. */
  async #open(): Promise<void> {
    const { clock } = this.#options;
    while (!this.#stopping.signal.aborted) {
      try {
        const partitions = await this.#client.getPartitionIds();
        this.#lanes = partitions.map(
          (partition) =>
            new Lane({
              client: this.#client,
              partition,
              clock,
              retryMs: RETRY_MS,
              stopping: this.#stopping.signal,
              onTrouble: (reason) => this.#tell(reason),
            }),
        );
        for (const outgoing of this.#waiting.splice(0)) this.#deal(outgoing);
        return;
      } catch (error) {
        this.#tell(messageOf(error));
        this.#waiting = this.#waiting.filter((outgoing) => !outgoing.abandoned);
        await clock.sleep(RETRY_MS, this.#stopping.signal).catch(() => {});
      }
    }
  }

  #tell(reason: string | undefined): void {
    if ((reason === undefined) === (this.#trouble === undefined)) return;
    this.#trouble = reason;
    this.#options.onTrouble?.(reason);
  }

  #unreachable(): TashikaError {
    return new TashikaError(
      'EVENT_HUBS_UNREACHABLE',
      `Event Hubs took no events: ${this.#trouble ?? 'no answer yet'}.`,
    );
  }
}

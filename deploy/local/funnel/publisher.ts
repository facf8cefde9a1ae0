import { messageOf, TashikaError } from '@tashika/shared/errors';
import type { Clock, Duration } from '@tashika/shared/time';
import { Lane, type Outgoing } from './lane.ts';
import type { Outlet } from './outlet.ts';
import { Producer } from './producer.ts';
import type { Room } from './room.ts';

/** Told why a try to publish an event failed. */
export type RefusedAs = (reason: string) => void;

export interface PublisherOptions {
  /** Asked at each try: what it is signed with may change. Throws where there is nothing to sign with. */
  readonly outlet: () => Outlet;
  readonly clock: Clock;
  /** Where events wait for the hub, shared with others. */
  readonly room: Room;
  /** Told when the hub can't be reached or refuses us, with the reason; and undefined when it takes events again. */
  readonly onTrouble?: ((reason: string | undefined) => void) | undefined;
}

const RETRY_MS = 250;

/**
 * Publishes events with the SDK: one post is one event, no partition key, the posts dealt out over all partitions in
 * turn. What comes while a partition's batch is under way makes up its next one, so many posts at once are few AMQP
 * messages. While the hub is away or refuses us, events wait here and are tried again, in bounded memory.
 */
export class Publisher {
  readonly #options: PublisherOptions;
  readonly #producer: Producer;
  readonly #stopping = new AbortController();
  #lanes: readonly Lane[] = [];
  /** Events from before the partitions are known. */
  #waiting: Outgoing[] = [];
  #opening: Promise<void> | undefined;
  #next = 0;
  /** What gives each held event up. */
  readonly #held = new Set<() => void>();
  #trouble: string | undefined;
  #published = 0;

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#producer = new Producer(options.outlet, options.clock);
  }

  /** Events that wait for the hub or are under way. */
  get held(): number {
    return this.#held.size;
  }

  /** Events that the hub has accepted. */
  get published(): number {
    return this.#published;
  }

  /**
   * Resolves once the hub has accepted the event.
   *
   * @param withinMs give up after this long; undefined to try until the publisher is closed. An event that is given up
   * on while a try is under way may reach the hub all the same.
   * @param onRefused told once, when a try fails; others may follow
   * @throws TashikaError `EVENT_HUBS_UNREACHABLE`
   */
  publish(body: Buffer, withinMs: Duration | undefined, onRefused: RefusedAs = () => {}): Promise<void> {
    const { clock, room } = this.#options;
    if (this.#stopping.signal.aborted || !room.has(body.length)) return Promise.reject(this.#unreachable());
    return new Promise<void>((resolve, reject) => {
      const giveUp = () => {
        outgoing.abandoned = true;
        letGo();
        reject(this.#unreachable());
      };
      const timer = withinMs === undefined ? undefined : clock.after(withinMs, giveUp);
      const letGo = () => {
        timer?.cancel();
        if (this.#held.delete(giveUp)) room.giveBack(body.length);
      };
      let refused = false;
      const outgoing: Outgoing = {
        event: { body },
        abandoned: false,
        accepted: () => {
          this.#published += 1;
          letGo();
          resolve();
        },
        refused: (reason) => {
          if (!refused) onRefused(reason);
          refused = true;
        },
        impossible: (cause) => {
          outgoing.refused(messageOf(cause));
          letGo();
          reject(new TashikaError('EVENT_HUBS_UNREACHABLE', messageOf(cause), { cause }));
        },
      };
      this.#held.add(giveUp);
      room.take(body.length);
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
    await this.#producer.close();
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
        const partitions = await this.#producer.use((client) => client.getPartitionIds());
        this.#lanes = partitions.map(
          (partition) =>
            new Lane({
              producer: this.#producer,
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
        if (this.#stopping.signal.aborted) return;
        const reason = messageOf(error);
        this.#tell(reason);
        this.#waiting = this.#waiting.filter((outgoing) => !outgoing.abandoned);
        for (const outgoing of this.#waiting) outgoing.refused(reason);
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

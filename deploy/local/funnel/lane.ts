import type { EventData, EventDataBatch } from '@azure/event-hubs';
import { messageOf } from '@tashika/shared/errors';
import type { Clock, Duration } from '@tashika/shared/time';
import type { Producer } from './producer.ts';

/** An event on its way to the hub. */
export interface Outgoing {
  readonly event: EventData;
  /** Its sender no longer waits: it is not tried again. */
  abandoned: boolean;
  accepted(): void;
  /** A try failed; it is tried again. */
  refused(reason: string): void;
  /** No retry can help: the hub does not take an event of this size. */
  impossible(cause: unknown): void;
}

export interface LaneOptions {
  readonly producer: Producer;
  readonly partition: string;
  readonly clock: Clock;
  readonly retryMs: Duration;
  readonly stopping: AbortSignal;
  readonly onTrouble: (reason: string | undefined) => void;
}

/** The way to one partition: one batch under way at a time, the next one gathers meanwhile. */
export class Lane {
  readonly #options: LaneOptions;
  #queue: Outgoing[] = [];
  #running = false;

  constructor(options: LaneOptions) {
    this.#options = options;
  }

  add(outgoing: Outgoing): void {
    this.#queue.push(outgoing);
    if (this.#running) return;
    this.#running = true;
    void this.#run();
  }

  async #run(): Promise<void> {
    const { clock, retryMs, stopping, onTrouble } = this.#options;
    // Posts that arrive in the same turn of the event loop share the first batch too.
    await Promise.resolve();
    while (this.#queue.length > 0 && !stopping.aborted) {
      try {
        const sent = await this.#send();
        this.#queue.splice(0, sent.length);
        for (const outgoing of sent) outgoing.accepted();
        if (sent.length > 0) onTrouble(undefined);
      } catch (error) {
        if (stopping.aborted) break;
        const reason = messageOf(error);
        onTrouble(reason);
        for (const outgoing of this.#queue) outgoing.refused(reason);
        await clock.sleep(retryMs, stopping).catch(() => {});
      }
    }
    this.#running = false;
  }

  /** Sends what fits into a batch, at the front of the queue; it leaves the queue only once the hub has accepted it. */
  #send(): Promise<readonly Outgoing[]> {
    const { producer, partition, stopping } = this.#options;
    return producer.use(async (client) => {
      const batch = await client.createBatch({ partitionId: partition, abortSignal: stopping });
      const under = this.#fill(batch);
      if (under.length > 0) await client.sendBatch(batch, { abortSignal: stopping });
      return under;
    });
  }

  /** Takes from the front of the queue what fits. */
  #fill(batch: EventDataBatch): readonly Outgoing[] {
    this.#queue = this.#queue.filter((outgoing) => !outgoing.abandoned);
    let count = 0;
    while (count < this.#queue.length && batch.tryAdd(this.#queue[count]!.event)) count += 1;
    if (count === 0 && this.#queue.length > 0)
      this.#queue
        .shift()!
        .impossible(new Error(`The event is larger than the hub takes (${batch.maxSizeInBytes} bytes).`));
    return this.#queue.slice(0, count);
  }
}

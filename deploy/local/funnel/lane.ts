import type { EventData, EventDataBatch, EventHubProducerClient } from '@azure/event-hubs';
import { messageOf } from '@tashika/shared/errors';
import type { Clock, Duration } from '@tashika/shared/time';

/** An event on its way to the hub. */
export interface Outgoing {
  readonly event: EventData;
  /** Its sender no longer waits: it is not tried again. */
  abandoned: boolean;
  accepted(): void;
  /** No retry can help: the hub does not take an event of this size. */
  impossible(cause: unknown): void;
}

export interface LaneOptions {
  readonly client: EventHubProducerClient;
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
    const { client, clock, partition, retryMs, stopping, onTrouble } = this.#options;
    // Posts that arrive in the same turn of the event loop share the first batch too.
    await Promise.resolve();
    while (this.#queue.length > 0 && !stopping.aborted) {
      try {
        const batch = await client.createBatch({ partitionId: partition, abortSignal: stopping });
        const under = this.#fill(batch);
        if (under.length === 0) continue;
        await client.sendBatch(batch, { abortSignal: stopping });
        this.#queue.splice(0, under.length);
        for (const outgoing of under) outgoing.accepted();
        onTrouble(undefined);
      } catch (error) {
        if (stopping.aborted) break;
        onTrouble(messageOf(error));
        await clock.sleep(retryMs, stopping).catch(() => {});
      }
    }
    this.#running = false;
  }

  /** Takes from the front of the queue what fits; it leaves the queue only once the hub has accepted it. */
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

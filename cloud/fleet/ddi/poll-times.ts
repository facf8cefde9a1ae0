import { messageOf } from '@tashika/shared/errors';
import type { Clock, Duration, TimerHandle, Timestamp } from '@tashika/shared/time';
import type { Logger, Store } from '../../store/index.ts';

const WRITE_EVERY_MS: Duration = 1_000;
/** While the store is away, the times of so many devices wait; those of others are given up. */
const MOST_WAITING = 100_000;

/**
 * When devices asked last, written once a second and when the program stops: a crash loses a second's times and nothing
 * else.
 */
export class PollTimes {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #tenant: string;
  #waiting = new Map<string, Timestamp>();
  #timer: TimerHandle | undefined;
  #writing: Promise<void> = Promise.resolve();
  #failing = false;
  #stopped = false;

  constructor(options: {
    readonly store: Store;
    readonly clock: Clock;
    readonly logger: Logger;
    readonly tenant: string;
  }) {
    this.#store = options.store;
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#tenant = options.tenant;
  }

  note(controllerId: string, at: Timestamp): void {
    if (this.#waiting.size >= MOST_WAITING && !this.#waiting.has(controllerId)) return;
    this.#waiting.set(controllerId, at);
    this.#schedule();
  }

  /** When a device asked last, where that is not written yet. */
  of(controllerId: string): Timestamp | undefined {
    return this.#waiting.get(controllerId);
  }

  /** Writes what waits. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#writing;
    await this.#write();
  }

  #schedule(): void {
    if (this.#timer || this.#stopped) return;
    this.#timer = this.#clock.after(WRITE_EVERY_MS, () => {
      this.#writing = this.#write().then(() => {
        this.#timer = undefined;
        if (this.#waiting.size > 0) this.#schedule();
      });
    });
  }

  async #write(): Promise<void> {
    const times = this.#waiting;
    if (times.size === 0) return;
    this.#waiting = new Map();
    try {
      await writePollTimes(this.#store, this.#tenant, times);
      this.#failing = false;
    } catch (error) {
      for (const [controllerId, at] of times)
        if (!this.#waiting.has(controllerId) && this.#waiting.size < MOST_WAITING) this.#waiting.set(controllerId, at);
      if (!this.#failing) this.#logger.warn({ error: messageOf(error) }, 'when updaters asked can not be written');
      this.#failing = true;
    }
  }
}

/** Locks the rows in the order of their keys, as all who write several of them do. */
async function writePollTimes(store: Store, tenant: string, times: ReadonlyMap<string, Timestamp>): Promise<void> {
  await store.query(
    `WITH polled AS (
       SELECT device.controller_id, to_timestamp(poll.at / 1000.0) AS at
         FROM unnest($2::text[], $3::bigint[]) AS poll (controller_id, at)
         JOIN fleet_device AS device ON device.tenant = $1 AND device.controller_id = poll.controller_id
        ORDER BY device.controller_id
          FOR UPDATE OF device)
     UPDATE fleet_device AS device
        SET last_poll = polled.at,
            first_poll = CASE WHEN device.first_poll = 'epoch' THEN polled.at ELSE device.first_poll END
       FROM polled
      WHERE device.tenant = $1 AND device.controller_id = polled.controller_id AND device.last_poll < polled.at`,
    [tenant, [...times.keys()], [...times.values()]],
  );
}

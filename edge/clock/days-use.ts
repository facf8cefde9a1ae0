import type { Clock, Duration, Timestamp } from '@tashika/shared/time';

const DAY: Duration = 86_400_000;
/** Japan's time is nine hours before UTC, all year. */
const JAPAN_AHEAD: Duration = 9 * 3_600_000;

/** What was used of something in the running day: bytes of a link, bytes written to a card. */
export interface DaysUse {
  /** The day in Japan, counted from 1970; undefined while the clock has not been right since the day began. */
  readonly day: number | undefined;
  readonly bytes: number;
  /** How long the agent has run in it. */
  readonly ranMs: Duration;
}

export const NOTHING_USED: DaysUse = { day: undefined, bytes: 0, ranMs: 0 };

/** The day in Japan, counted from 1970. */
export function dayInJapan(wallMs: Timestamp): number {
  return Math.floor((wallMs + JAPAN_AHEAD) / DAY);
}

/**
 * The use `elapsedMs` later. A day ends at midnight in Japan by a clock that is right; without one, after 24 hours of
 * running, those of earlier starts included. What was used before the clock was right belongs to the day that it shows
 * then: more is counted than was used that day, never less.
 *
 * @param today the day in Japan; undefined while the clock is not right
 */
export function useLater(use: DaysUse, elapsedMs: Duration, today: number | undefined): DaysUse {
  const ranMs = use.ranMs + elapsedMs;
  if (today !== undefined && use.day !== undefined)
    return today === use.day ? { ...use, ranMs } : { day: today, bytes: 0, ranMs: 0 };
  if (ranMs >= DAY) return { day: today, bytes: 0, ranMs: ranMs % DAY };
  return { ...use, day: today ?? use.day, ranMs };
}

/** How long until the day ends, as far as can be known. */
export function untilNextDay(use: DaysUse, wallMs: Timestamp, synced: boolean): Duration {
  return synced ? DAY - ((wallMs + JAPAN_AHEAD) % DAY) : Math.max(0, DAY - use.ranMs);
}

/** Counts what is used in the running day. */
export class DaysMeter {
  readonly #clock: Clock;
  readonly #synced: () => boolean;
  #use: DaysUse;
  /** Monotonic time at which `#use` was brought up to date. */
  #at: Duration;

  /** @param synced whether the wall clock is right now @param used what was used before the start */
  constructor(options: { readonly clock: Clock; readonly synced: () => boolean; readonly used?: DaysUse }) {
    this.#clock = options.clock;
    this.#synced = options.synced;
    this.#use = options.used ?? NOTHING_USED;
    this.#at = options.clock.monotonic();
  }

  /** What the running day has used so far. */
  get use(): DaysUse {
    const now = this.#clock.monotonic();
    const today = this.#synced() ? dayInJapan(this.#clock.now()) : undefined;
    this.#use = useLater(this.#use, now - this.#at, today);
    this.#at = now;
    return this.#use;
  }

  add(bytes: number): void {
    const { use } = this;
    this.#use = { ...use, bytes: use.bytes + bytes };
  }

  /** Adds what earlier starts have used of the day. */
  restore(earlier: DaysUse): void {
    this.#use = { ...earlier, bytes: earlier.bytes + this.#use.bytes };
  }
}

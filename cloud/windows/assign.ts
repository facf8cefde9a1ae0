import type { Duration, Timestamp } from '@tashika/shared/time';

/** Windows are one minute long and follow on each other, unless the configuration says otherwise. */
export const WINDOW_MS: Duration = 60_000;

/** How long windows are, and how far apart. Windows that hop by less than their length overlap. */
export interface Windowing {
  readonly lengthMs: Duration;
  /** Greater than 0 and at most the length. Tumbling windows hop by their length. */
  readonly hopMs: Duration;
}

/** The most windows that may hold one time: the reading's commit writes to each of them. */
export const MOST_WINDOWS_A_READING = 1_440;

/**
 * The end of the first window that `time` belongs to. Windows are (start, end], aligned to the epoch and named by
 * their end, as in Stream Analytics: 12:01:00.000 belongs to the minute that ends at 12:01.
 */
export function firstWindowEnd(time: Timestamp, { hopMs }: Windowing): Timestamp {
  return Math.ceil(time / hopMs) * hopMs;
}

/** The end of the last window that `time` belongs to; those in between are a hop apart. */
export function lastWindowEnd(time: Timestamp, windowing: Windowing): Timestamp {
  return firstWindowEnd(time + windowing.lengthMs, windowing) - windowing.hopMs;
}

import type { Duration, Timestamp } from '@tashika/shared/time';

/** Windows are one minute long. */
export const WINDOW_MS: Duration = 60_000;

/**
 * The end of the tumbling window that `time` belongs to. Windows are (start, end], aligned to the epoch and named
 * by their end, as in Stream Analytics: 12:01:00.000 belongs to the window that ends at 12:01.
 */
export function windowEnd(time: Timestamp, length: Duration = WINDOW_MS): Timestamp {
  return Math.ceil(time / length) * length;
}

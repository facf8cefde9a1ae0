import type { Timestamp } from '@tashika/shared/time';
import type { WindowState } from './contract.ts';

export const MINUTE = 60_000;

/** The end, and so the label, of the window that a reading taken at `now` falls into: windows are (start, end]. */
export function openMinute(now: Timestamp): Timestamp {
  return Math.ceil(now / MINUTE) * MINUTE;
}

/** The end of the newest window that the watermark has passed; null while there is no watermark. */
export function lastFinalMinute(watermark: Timestamp | null): Timestamp | null {
  return watermark === null ? null : Math.floor(watermark / MINUTE) * MINUTE;
}

/**
 * The state of a window under the newest watermark: the rule of the store's view `window_counts`. The page
 * derives it again because a window becomes final when the watermark moves, without a change of its row, so
 * the live feed does not repeat it.
 */
export function stateOf(windowEnd: Timestamp, revision: number, watermark: Timestamp | null): WindowState {
  if (watermark === null || windowEnd > watermark) return 'provisional';
  return revision > 0 ? 'revised' : 'final';
}

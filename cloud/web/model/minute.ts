import type { Timestamp } from '@tashika/shared/time';
import type { WindowState } from './contract.ts';

export const MINUTE = 60_000;

/** The end, and so the label, of the window that a reading taken at `now` falls into: windows are (start, end]. */
export function openMinute(now: Timestamp): Timestamp {
  return Math.ceil(now / MINUTE) * MINUTE;
}

/** The end of the newest final window; null while there is none. */
export function lastFinalMinute(finalUntil: Timestamp | null): Timestamp | null {
  return finalUntil === null ? null : Math.floor(finalUntil / MINUTE) * MINUTE;
}

/**
 * The state of a window under the newest word on what is final: the rule of the store's view `window_counts`. The page
 * derives it again because a window becomes final when the watermark moves, without a change of its row, so
 * the live feed does not repeat it.
 */
export function stateOf(windowEnd: Timestamp, revision: number, finalUntil: Timestamp | null): WindowState {
  if (finalUntil === null || windowEnd > finalUntil) return 'provisional';
  return revision > 0 ? 'revised' : 'final';
}

import type { Timestamp } from '@tashika/shared/time';
import { windowEnd } from './assign.ts';
import { isFinal, isTooEarly, type Tolerances, type Watermark } from './watermark.ts';

/** What becomes of one reading. */
export type Verdict =
  /** Counted in its window, which is still provisional. */
  | 'counted'
  /** Counted in its window, which was final and is revised by it. */
  | 'late'
  /** Not counted: its device's clock is wrong. */
  | 'too-early';

/** What a policy knows when it judges a reading. */
export interface PolicyState {
  /** The combined watermark that readers have seen, which made windows final. */
  readonly watermark: Watermark;
  readonly tolerances: Tolerances;
}

/** Judges a reading by its own time and its event's arrival. */
export type Policy = (eventTime: Timestamp, arrivedAt: Timestamp, state: PolicyState) => Verdict;

/** Every reading lands in the window of its own time, however late; a final window that changes is revised. */
export const revise: Policy = (eventTime, arrivedAt, { watermark, tolerances }) => {
  if (isTooEarly(eventTime, arrivedAt, tolerances)) return 'too-early';
  return isFinal(windowEnd(eventTime), watermark) ? 'late' : 'counted';
};

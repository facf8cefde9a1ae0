import type { Timestamp } from '@tashika/shared/time';
import { firstWindowEnd, type Windowing } from './assign.ts';
import type { Action, Verdict, WindowPolicy } from './policy.ts';
import {
  isLate,
  isOutOfOrder,
  isTooEarly,
  raised,
  type Tolerances,
  type Watermark,
  watermarkWhileIdle,
} from './watermark.ts';

/**
 * The rules of Azure Stream Analytics ("Understand time handling in Azure Stream Analytics", learn.microsoft.com): a
 * reading that comes too late is moved to a time that is still open, or dropped. A final window never changes.
 */
export class StreamAnalytics implements WindowPolicy {
  readonly name = 'stream-analytics';
  readonly windowing: Windowing;
  readonly tolerances: Tolerances;
  readonly #action: Action;

  constructor(windowing: Windowing, tolerances: Tolerances, action: Action) {
    this.windowing = windowing;
    this.tolerances = tolerances;
    this.#action = action;
  }

  /** First whether it is early, then whether it is late against its arrival, then against the watermark. */
  judge(eventTime: Timestamp, arrivedAt: Timestamp, watermark: Watermark): Verdict {
    const { tolerances } = this;
    if (isTooEarly(eventTime, arrivedAt, tolerances)) return 'too-early';
    if (!isLate(eventTime, arrivedAt, tolerances) && !isOutOfOrder(eventTime, arrivedAt, watermark, tolerances))
      return 'counted';
    return this.#action === 'adjust' ? 'adjusted' : 'dropped';
  }

  adjusted(eventTime: Timestamp, arrivedAt: Timestamp, watermark: Watermark): Timestamp {
    const inTime = Math.max(eventTime, arrivedAt - this.tolerances.lateToleranceMs);
    return raised(watermark, inTime);
  }

  /** The latest time seen less the out-of-order tolerance. Arrival alone does not move it while there are events. */
  watermarkAfterEvent(watermark: Watermark, latestTime: Timestamp | null): Watermark {
    return latestTime === null ? watermark : raised(watermark, latestTime - this.tolerances.outOfOrderToleranceMs);
  }

  watermarkWhileIdle(watermark: Watermark, arrivedUntil: Timestamp): Timestamp {
    return watermarkWhileIdle(watermark, arrivedUntil, this.tolerances);
  }

  watermarkOnJoining(combined: Watermark): Watermark {
    if (combined === null) return null;
    const lastFinalEnd = firstWindowEnd(combined, this.windowing) - this.windowing.hopMs;
    return lastFinalEnd + 1;
  }

  /** An event at the watermark is taken as it is, so a window that ends there can still grow. */
  isFinal(end: Timestamp, combined: Watermark): boolean {
    return combined !== null && end < combined;
  }
}

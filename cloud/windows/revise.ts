import type { Timestamp } from '@tashika/shared/time';
import type { Windowing } from './assign.ts';
import type { Verdict, WindowPolicy } from './policy.ts';
import { isTooEarly, raised, type Tolerances, type Watermark, watermarkWhileIdle } from './watermark.ts';

/** Every reading lands in the windows of its own time, however late; a final window that changes is revised. */
export class Revise implements WindowPolicy {
  readonly name = 'revise';
  readonly windowing: Windowing;
  readonly tolerances: Tolerances;

  constructor(windowing: Windowing, tolerances: Tolerances) {
    this.windowing = windowing;
    this.tolerances = tolerances;
  }

  judge(eventTime: Timestamp, arrivedAt: Timestamp): Verdict {
    return isTooEarly(eventTime, arrivedAt, this.tolerances) ? 'too-early' : 'counted';
  }

  adjusted(eventTime: Timestamp): Timestamp {
    return eventTime;
  }

  /**
   * The latest event time seen less the out-of-order tolerance, and at least the arrival less the late tolerance, so
   * that a device which replays old readings holds nothing back.
   */
  watermarkAfterEvent(watermark: Watermark, latestTime: Timestamp | null, arrivedAt: Timestamp): Watermark {
    const byArrival = this.watermarkWhileIdle(watermark, arrivedAt);
    return latestTime === null ? byArrival : raised(byArrival, latestTime - this.tolerances.outOfOrderToleranceMs);
  }

  watermarkWhileIdle(watermark: Watermark, arrivedUntil: Timestamp): Timestamp {
    return watermarkWhileIdle(watermark, arrivedUntil, this.tolerances);
  }

  watermarkOnJoining(combined: Watermark): Watermark {
    const { hopMs } = this.windowing;
    return combined === null ? null : Math.floor(combined / hopMs) * hopMs;
  }

  isFinal(end: Timestamp, combined: Watermark): boolean {
    return combined !== null && end <= combined;
  }
}

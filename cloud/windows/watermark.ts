import type { Duration, Timestamp } from '@tashika/shared/time';

/** How event times are held against arrival and against each other. */
export interface Tolerances {
  /** How long after its time an event may arrive in time. */
  readonly lateToleranceMs: Duration;
  /** How far ahead of its arrival an event may be. */
  readonly earlyToleranceMs: Duration;
  /** How far events of one partition may overtake each other. */
  readonly outOfOrderToleranceMs: Duration;
}

/** The time up to which a partition is believed complete; null until it has been read or seen idle. */
export type Watermark = Timestamp | null;

/** An event time more than the early tolerance ahead of its arrival is an error of the device's clock. */
export function isTooEarly(eventTime: Timestamp, arrivedAt: Timestamp, tolerances: Tolerances): boolean {
  return eventTime > arrivedAt + tolerances.earlyToleranceMs;
}

/** An event time more than the late tolerance before its arrival is late input. */
export function isLate(eventTime: Timestamp, arrivedAt: Timestamp, tolerances: Tolerances): boolean {
  return eventTime < arrivedAt - tolerances.lateToleranceMs;
}

/**
 * Whether an event is below its partition's watermark. It is held against it at its arrival less the late tolerance
 * at least, as Stream Analytics does: what is late and nothing else is not out of order as well.
 */
export function isOutOfOrder(
  eventTime: Timestamp,
  arrivedAt: Timestamp,
  watermark: Watermark,
  tolerances: Tolerances,
): boolean {
  return watermark !== null && Math.max(eventTime, arrivedAt - tolerances.lateToleranceMs) < watermark;
}

/** The watermark raised to `time`; it never goes backwards. */
export function raised(watermark: Watermark, time: Timestamp): Timestamp {
  return watermark === null || time > watermark ? time : watermark;
}

/**
 * The watermark of a partition in which everything that arrived until `arrivedUntil` has been read.
 *
 * @param arrivedUntil when the partition was last known to have nothing more
 */
export function watermarkWhileIdle(watermark: Watermark, arrivedUntil: Timestamp, tolerances: Tolerances): Timestamp {
  return raised(watermark, arrivedUntil - tolerances.lateToleranceMs);
}

/** The watermark of all partitions together: the slowest decides, and one that has not been seen holds it open. */
export function combinedWatermark(watermarks: Iterable<Watermark>): Watermark {
  let slowest: Watermark = null;
  for (const watermark of watermarks) {
    if (watermark === null) return null;
    if (slowest === null || watermark < slowest) slowest = watermark;
  }
  return slowest;
}

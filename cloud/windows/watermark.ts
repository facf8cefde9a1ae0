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

/**
 * The watermark of a partition after an event: the latest event time seen less the out-of-order tolerance, and at
 * least the arrival less the late tolerance, so that a device which replays old readings holds nothing back. It
 * never goes backwards.
 *
 * @param latestTime the latest of the event's times that are not too early; null when it has none
 */
export function watermarkAfterEvent(
  watermark: Watermark,
  latestTime: Timestamp | null,
  arrivedAt: Timestamp,
  tolerances: Tolerances,
): Timestamp {
  const byArrival = watermarkWhileIdle(watermark, arrivedAt, tolerances);
  return latestTime === null ? byArrival : Math.max(byArrival, latestTime - tolerances.outOfOrderToleranceMs);
}

/**
 * The watermark of a partition in which everything that arrived until `arrivedUntil` has been read.
 *
 * @param arrivedUntil when the partition was last known to have nothing more
 */
export function watermarkWhileIdle(watermark: Watermark, arrivedUntil: Timestamp, tolerances: Tolerances): Timestamp {
  return Math.max(watermark ?? Number.NEGATIVE_INFINITY, arrivedUntil - tolerances.lateToleranceMs);
}

/** Whether the window that ends at `end` is complete, as far as the combined watermark can tell. */
export function isFinal(end: Timestamp, watermark: Watermark): boolean {
  return watermark !== null && end <= watermark;
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

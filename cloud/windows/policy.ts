import type { Duration, Timestamp } from '@tashika/shared/time';
import { WINDOW_MS, type Windowing } from './assign.ts';
import { Revise } from './revise.ts';
import { StreamAnalytics } from './stream-analytics.ts';
import type { Tolerances, Watermark } from './watermark.ts';

/** The policies by the names that the configuration has for them. */
export const POLICIES = ['revise', 'stream-analytics'] as const;
export type PolicyName = (typeof POLICIES)[number];

/** What `stream-analytics` does with a reading that is late or out of order. */
export const ACTIONS = ['adjust', 'drop'] as const;
export type Action = (typeof ACTIONS)[number];

/** What becomes of one reading. */
export type Verdict =
  /** Counted in the windows of its own time. */
  | 'counted'
  /** Counted in the windows of the time that it was moved to. */
  | 'adjusted'
  /** Not counted: it came too late for its window. */
  | 'dropped'
  /** Not counted: its device's clock is wrong. */
  | 'too-early';

/**
 * Decides in which windows a reading counts, how a partition's watermark moves, and when a window is final. It keeps
 * nothing and asks no clock: the partition's state is passed in, and the same events always come to the same.
 */
export interface WindowPolicy {
  readonly name: PolicyName;
  readonly windowing: Windowing;
  readonly tolerances: Tolerances;

  /**
   * Judges a reading.
   *
   * @param arrivedAt when the hub took its event
   * @param watermark its partition's, before its event
   */
  judge(eventTime: Timestamp, arrivedAt: Timestamp, watermark: Watermark): Verdict;

  /** The time by which a reading that was judged `adjusted` is assigned to windows: Stream Analytics' System.Timestamp. */
  adjusted(eventTime: Timestamp, arrivedAt: Timestamp, watermark: Watermark): Timestamp;

  /**
   * The watermark of a partition after an event.
   *
   * @param latestTime the latest of the times by which its readings were assigned to windows; null when none was
   */
  watermarkAfterEvent(watermark: Watermark, latestTime: Timestamp | null, arrivedAt: Timestamp): Watermark;

  /** The watermark of a partition of which everything that arrived until `arrivedUntil` has been read. */
  watermarkWhileIdle(watermark: Watermark, arrivedUntil: Timestamp): Timestamp;

  /** The watermark of a partition that joins others which have come to `combined`: the earliest that opens no final window. */
  watermarkOnJoining(combined: Watermark): Watermark;

  /** Whether the window that ends at `end` is complete, as far as the combined watermark can tell. */
  isFinal(end: Timestamp, combined: Watermark): boolean;
}

/** What a policy is made of; what is left out is as in the configuration's reference. */
export interface WindowSettings extends Tolerances {
  readonly policy?: PolicyName;
  readonly action?: Action;
  readonly lengthMs?: Duration;
  /** The length, if left out. */
  readonly hopMs?: Duration | undefined;
}

/** How the windows of these settings are laid out. */
export function windowingOf({ lengthMs = WINDOW_MS, hopMs = lengthMs }: WindowSettings): Windowing {
  return { lengthMs, hopMs };
}

/** The policy that the settings ask for. */
export function policyOf(settings: WindowSettings): WindowPolicy {
  const windowing = windowingOf(settings);
  return settings.policy === 'stream-analytics'
    ? new StreamAnalytics(windowing, settings, settings.action ?? 'adjust')
    : new Revise(windowing, settings);
}

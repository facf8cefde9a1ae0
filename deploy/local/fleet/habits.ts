import type { Chance } from '@tashika/shared/chance';
import type { Duration, Timestamp } from '@tashika/shared/time';

/** How the devices of a field behave. */
export interface Habits {
  /** How often a device loses its link, per hour. It measures on and replays afterwards. */
  readonly outagesPerHour: number;
  /** The shortest and the longest outage, in ms. */
  readonly outageMs: readonly [shortest: Duration, longest: Duration];
  /** How often a device posts again what was taken already, as if the answer had been lost; 0..1. */
  readonly duplicateRate: number;
  /** Share of devices without a trusted clock, which send ages; 0..1. */
  readonly relativeShare: number;
  /** Share of devices whose clock is wrong and cannot be corrected; 0..1. */
  readonly uncertainShare: number;
  /** How busy a device is at night, by day being 1. */
  readonly nightActivity: number;
}

/** A field as fields are. */
export const FIELD_HABITS: Habits = {
  outagesPerHour: 0.5,
  outageMs: [20_000, 180_000],
  duplicateRate: 0.01,
  relativeShare: 0.1,
  uncertainShare: 0.02,
  nightActivity: 0.5,
};

/** Devices that do nothing but measure and post. */
export const STEADY_HABITS: Habits = {
  outagesPerHour: 0,
  outageMs: [0, 0],
  duplicateRate: 0,
  relativeShare: 0,
  uncertainShare: 0,
  nightActivity: 1,
};

/** A device's clock: how it tells time, and by how much it is off, in ms. */
export interface DeviceClock {
  readonly quality: 'synced' | 'relative' | 'uncertain';
  readonly skewMs: Duration;
}

/** A clock that nothing set right runs behind by up to this much, in ms: no future times, which would not count. */
const LONGEST_SKEW_MS = 20_000;

export function clockOf(habits: Habits, chance: Chance): DeviceClock {
  const draw = chance.next();
  if (draw < habits.relativeShare) return { quality: 'relative', skewMs: 0 };
  if (draw < habits.relativeShare + habits.uncertainShare)
    return { quality: 'uncertain', skewMs: -Math.round(chance.between(1_000, LONGEST_SKEW_MS)) };
  return { quality: 'synced', skewMs: 0 };
}

/** How busy a device is at `time`: 1 by day, `nightActivity` between 22 and 6 o'clock in Japan. */
export function activityAt(habits: Habits, time: Timestamp): number {
  const hour = hourInJapan(time);
  return hour >= 22 || hour < 6 ? habits.nightActivity : 1;
}

/** Hours since midnight in Japan (UTC+9, no summer time), with its fraction. */
export function hourInJapan(time: Timestamp): number {
  return (((time / 3_600_000 + 9) % 24) + 24) % 24;
}

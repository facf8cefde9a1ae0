import type { Duration } from '@tashika/shared/time';
import type { Moment, Stamp } from '../clock/index.ts';

/**
 * How long ago a reading was taken: by the monotonic clock of this boot, or between two wall clocks that were both
 * right. `undefined` where nobody can know.
 */
export function ageOf(stamp: Stamp, now: Moment): Duration | undefined {
  if (stamp.bootId === now.bootId) return now.monotonicMs - stamp.monotonicMs;
  return stamp.synced && now.synced ? now.wallMs - stamp.wallMs : undefined;
}

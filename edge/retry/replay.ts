import type { Duration } from '@tashika/shared/time';

export interface ReplayPolicy {
  /** Most of the link's time that a backlog may take, more than 0 and up to 1. */
  readonly share: number;
  /** How many times as fast as it was taken a backlog may be sent. */
  readonly speed: number;
}

/** Readings that were taken far apart would rest for days, and a fleet that posts once a minute each floods nobody. */
const LONGEST_REST: Duration = 60_000;

/**
 * How long the backlog rests after one of its posts. The share leaves the link to what is live; it needs to know
 * nothing of the link, because one post at a time is under way. The speed keeps a fleet that comes back at once from
 * flooding the cloud: whatever its size and however long it was away, it sends at most so many times its usual
 * readings. Chance keeps it from doing so in step.
 *
 * @param tookMs how long the post was under way
 * @param spanMs from its oldest reading to its newest
 * @param random a number from 0 to 1, 1 excluded
 */
export function restAfterReplay(
  { tookMs, spanMs }: { readonly tookMs: Duration; readonly spanMs: Duration },
  { share, speed }: ReplayPolicy,
  random: number,
): Duration {
  const forLive = tookMs * (1 / share - 1);
  const forFleet = (spanMs / speed) * (0.5 + random);
  return Math.min(Math.max(forLive, forFleet), LONGEST_REST);
}

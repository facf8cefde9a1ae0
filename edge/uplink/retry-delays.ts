import type { Duration } from '@tashika/shared/time';

export interface RetryPolicy {
  readonly firstMs: Duration;
  readonly mostMs: Duration;
}

/**
 * The waits between attempts, without end: each twice the one before up to `mostMs`, of which a random half is taken
 * off, so that a fleet that lost the same tower does not come back in step.
 *
 * @param random numbers from 0 to 1, 1 excluded
 */
export function* retryDelays({ firstMs, mostMs }: RetryPolicy, random: () => number): Generator<Duration, never> {
  for (let whole = Math.min(firstMs, mostMs); ; whole = Math.min(whole * 2, mostMs))
    yield Math.round(whole * (0.5 + random() / 2));
}

import type { Duration } from '@tashika/shared/time';

export interface RetryPolicy {
  readonly firstMs: Duration;
  readonly mostMs: Duration;
}

/** The waits between attempts, without end: each twice the one before, up to `mostMs`. For what stands alone. */
export function* doublingDelays({ firstMs, mostMs }: RetryPolicy): Generator<Duration, never> {
  for (let delay = Math.min(firstMs, mostMs); ; delay = Math.min(delay * 2, mostMs)) yield delay;
}

/**
 * Doubling waits of which a random half is taken off, so that a fleet that lost the same tower does not come back in
 * step.
 *
 * @param random numbers from 0 to 1, 1 excluded
 */
export function* jitteredDelays(policy: RetryPolicy, random: () => number): Generator<Duration, never> {
  const delays = doublingDelays(policy);
  for (;;) yield Math.round(delays.next().value * (0.5 + random() / 2));
}

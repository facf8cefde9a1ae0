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
 * Doubling waits with chance in them, so that a fleet that lost the same tower does not come back in step. While they
 * grow, any part may be taken off, because all began at one moment and nothing else sets them apart; at their longest,
 * at most a half, because the waits before have done so and each attempt costs bytes. `fleet-return.test.ts` has the
 * curve.
 *
 * @param random numbers from 0 to 1, 1 excluded
 */
export function* jitteredDelays(policy: RetryPolicy, random: () => number): Generator<Duration, never> {
  const delays = doublingDelays(policy);
  for (;;) {
    const whole = delays.next().value;
    const least = whole < policy.mostMs ? 0 : 0.5;
    yield Math.round(whole * (least + random() * (1 - least)));
  }
}

import type { Duration } from '@tashika/shared/time';

/** The pauses between tries: `firstMs`, then twice as long each time, never above `capMs`. */
export function* backoff(firstMs: Duration, capMs: Duration): Generator<Duration, never> {
  for (let pause = firstMs; ; pause = Math.min(pause * 2, capMs)) yield Math.min(pause, capMs);
}

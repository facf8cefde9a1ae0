import type { Clock, Duration } from '@tashika/shared/time';

/** More than a leap second, and than what a time service slews between two looks. */
const STEP: Duration = 2_000;
/** Two looks at two clocks that lie further apart, because the machine slept between them, say nothing. */
const BLINK: Duration = 500;

/**
 * Notices when the wall clock is set: its distance from the monotonic clock then changes at once, which it never does
 * while the clock runs, right or wrong. A machine that was suspended looks the same, for its monotonic clock stood.
 */
export class StepWatch {
  readonly #clock: Clock;
  #distance: Duration;
  #steps = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#distance = clock.now() - clock.monotonic();
  }

  /** How often the clock was set. */
  get steps(): number {
    return this.#steps;
  }

  /** Whether the wall clock was set since the last look. */
  stepped(): boolean {
    const before = this.#clock.monotonic();
    const distance = this.#clock.now() - before;
    if (this.#clock.monotonic() - before > BLINK) return false;
    const moved = Math.abs(distance - this.#distance);
    this.#distance = distance;
    if (moved < STEP) return false;
    this.#steps++;
    return true;
  }
}

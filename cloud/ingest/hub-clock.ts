import type { Duration, Timestamp } from '@tashika/shared/time';

/** NTP slews a clock by 500 ppm at most; the hub's and this machine's may drift apart by twice that. */
const MOST_DRIFT = 0.001;

/**
 * What time it is at the hub, at the least. The hub tells its time only with events, as the time at which it took
 * each; from then on a clock that never jumps counts. This machine's wall clock is not asked, so that one which is
 * wrong closes no window. It is Stream Analytics' estimated arrival time: the last arrival plus the time since.
 */
export class HubClock {
  #seen: { readonly enqueuedAt: Timestamp; readonly monotonic: Duration } | undefined;

  /** Takes note of an event that the hub took at `enqueuedAt`, and that was here by `monotonic`. */
  observe(enqueuedAt: Timestamp, monotonic: Duration): void {
    if (enqueuedAt > this.atLeast(monotonic)) this.#seen = { enqueuedAt, monotonic };
  }

  /** The hub's time at `monotonic`, or somewhat less; -Infinity until it has been seen to take an event. */
  atLeast(monotonic: Duration): Timestamp {
    if (!this.#seen) return Number.NEGATIVE_INFINITY;
    return Math.floor(this.#seen.enqueuedAt + (monotonic - this.#seen.monotonic) * (1 - MOST_DRIFT));
  }
}

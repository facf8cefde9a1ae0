import type { Duration } from '@tashika/shared/time';

export interface PulseReport {
  /** Pulses since the agent started; it never goes back while it runs. */
  readonly count: number;
  /** Pulses a second over the time since the last report in which the line was watched. */
  readonly perSecond: number;
}

/** Pulses of a meter. The count is a running one, so that a reading that comes late or never spoils no sum. */
export class PulseCounter {
  #count = 0;
  #reported = 0;
  #since: Duration = 0;

  /** The line is watched from now on; what passed while it was not is in no rate. */
  watch(now: Duration): void {
    this.#since = now;
    this.#reported = this.#count;
  }

  add(): void {
    this.#count++;
  }

  report(now: Duration): PulseReport {
    const seconds = (now - this.#since) / 1_000;
    const perSecond = seconds > 0 ? (this.#count - this.#reported) / seconds : 0;
    this.#since = now;
    this.#reported = this.#count;
    return { count: this.#count, perSecond };
  }
}

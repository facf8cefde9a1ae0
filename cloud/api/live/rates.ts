import type { Duration } from '@tashika/shared/time';

const SPAN_MS: Duration = 5_000;

interface Sample {
  readonly at: Duration;
  readonly events: number;
  readonly readings: number;
}

/** Events and readings a second over the last 5 s, from totals that only grow. */
export class Rates {
  #samples: Sample[] = [];

  /** Takes the totals at `at`, by the monotonic clock. */
  take(at: Duration, totals: { readonly events: number; readonly readings: number }): void {
    const last = this.#samples.at(-1);
    if (last && totals.events < last.events) this.#samples = []; // another store
    this.#samples.push({ at, events: totals.events, readings: totals.readings });
    // One sample from before the span stays, so that the span is covered.
    while (this.#samples.length > 2 && this.#samples[1]!.at <= at - SPAN_MS) this.#samples.shift();
  }

  get eventsPerSecond(): number {
    return this.#perSecond('events');
  }

  get readingsPerSecond(): number {
    return this.#perSecond('readings');
  }

  #perSecond(total: 'events' | 'readings'): number {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (!first || !last || last.at <= first.at) return 0;
    const rate = ((last[total] - first[total]) * 1000) / (last.at - first.at);
    return Math.max(0, Math.round(rate * 10) / 10);
  }
}

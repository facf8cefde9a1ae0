import type { WindowCount } from './cloud-api.ts';

const MINUTE_MS = 60_000;

/** Readings per (window, region), kept apart from the code under test. */
export class WindowSums {
  readonly #sums = new Map<string, number>();
  readonly #lengthMs: number;

  constructor(lengthMs = MINUTE_MS) {
    this.#lengthMs = lengthMs;
  }

  /** One reading taken at `time` (Unix milliseconds) in `region`. Windows are (start, end], named by their end. */
  took(region: string, time: number, readings = 1): void {
    const end = new Date(Math.ceil(time / this.#lengthMs) * this.#lengthMs).toISOString();
    const key = `${end} ${region}`;
    this.#sums.set(key, (this.#sums.get(key) ?? 0) + readings);
  }

  static of(windows: readonly WindowCount[]): WindowSums {
    const sums = new WindowSums();
    for (const { windowEnd, region, readings } of windows) sums.#sums.set(`${windowEnd} ${region}`, readings);
    return sums;
  }

  get total(): number {
    let total = 0;
    for (const readings of this.#sums.values()) total += readings;
    return total;
  }

  /** Plain data for a comparison, in order. */
  toJSON(): Record<string, number> {
    return Object.fromEntries([...this.#sums].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

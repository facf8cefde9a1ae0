import type { RegionCode } from '@tashika/shared/regions';
import type { Duration, Timestamp } from '@tashika/shared/time';

const WINDOW_MS: Duration = 60_000;

/** What was taken in a region within the minute (windowEnd - 1 min, windowEnd]. */
export interface Taken {
  /** Unix milliseconds. */
  readonly windowEnd: Timestamp;
  readonly region: RegionCode;
  readonly readings: number;
  readonly posts: number;
}

/** Counts what devices took, by the time that they tell: what the windows must say once everything has arrived. */
export class Account {
  readonly #windows = new Map<Timestamp, Map<RegionCode, { readings: number; posts: number }>>();
  readonly #keepMs: Duration;

  /** @param keepMs how far back to remember, so that an endless run needs no endless memory */
  constructor(keepMs: Duration) {
    this.#keepMs = keepMs;
  }

  /** A post's readings, all of the same `time`. */
  add(time: Timestamp, region: RegionCode, readings: number): void {
    const windowEnd = Math.ceil(time / WINDOW_MS) * WINDOW_MS;
    const regions = this.#windows.get(windowEnd) ?? this.#begin(windowEnd);
    const counts = regions.get(region) ?? { readings: 0, posts: 0 };
    counts.readings += readings;
    counts.posts += 1;
    regions.set(region, counts);
  }

  /** By window, then region. */
  taken(): readonly Taken[] {
    return [...this.#windows]
      .flatMap(([windowEnd, regions]) => [...regions].map(([region, counts]) => ({ windowEnd, region, ...counts })))
      .sort((a, b) => a.windowEnd - b.windowEnd || (a.region < b.region ? -1 : 1));
  }

  #begin(windowEnd: Timestamp): Map<RegionCode, { readings: number; posts: number }> {
    const regions = new Map();
    this.#windows.set(windowEnd, regions);
    for (const end of this.#windows.keys()) if (end < windowEnd - this.#keepMs) this.#windows.delete(end);
    return regions;
  }
}

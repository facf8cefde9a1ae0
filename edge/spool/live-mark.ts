import type { Duration } from '@tashika/shared/time';

/** So many moments are remembered of the time that counts as now. */
const MOMENTS = 60;

/** Knows up to which number readings are backlog: taken longer ago than `liveMs`, or before the start. */
export class LiveMark {
  readonly #liveMs: Duration;
  #backlog: number;
  /** When which number was the last one. */
  #moments: { last: number; readonly at: Duration }[] = [];

  /** @param last the last number given out before the start */
  constructor(last: number, liveMs: Duration) {
    this.#backlog = last;
    this.#liveMs = liveMs;
  }

  /** Notes that `last` is the last number given out. @param now monotonic */
  note(last: number, now: Duration): void {
    const latest = this.#moments.at(-1);
    if (latest && now - latest.at < this.#liveMs / MOMENTS) latest.last = last;
    else this.#moments.push({ last, at: now });
    this.at(now);
  }

  /** The last number that is backlog. @param now monotonic */
  at(now: Duration): number {
    while (this.#moments[0] && now - this.#moments[0].at >= this.#liveMs)
      this.#backlog = Math.max(this.#backlog, this.#moments.shift()!.last);
    return this.#backlog;
  }
}

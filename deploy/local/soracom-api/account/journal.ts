import type { Timestamp } from '@tashika/shared/time';

/** The newest entries of something, each with a time of its own, so that a page can go on after it. */
export class Journal<Entry extends { readonly time: Timestamp }> {
  readonly #limit: number;
  #entries: Entry[] = [];
  #last = 0;

  /** @param limit how many entries are kept */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** An entry of the same millisecond as the one before it is told a millisecond later. */
  add(entry: Entry): void {
    this.#last = Math.max(entry.time, this.#last + 1);
    this.#entries.push({ ...entry, time: this.#last });
    // Cut by halves, so that adding stays cheap.
    if (this.#entries.length >= 2 * this.#limit) this.#entries = this.#entries.slice(-this.#limit);
  }

  /** The newest first. */
  newest(): readonly Entry[] {
    return this.#entries.slice(-this.#limit).reverse();
  }
}

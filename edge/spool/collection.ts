import type { BatchLimit } from './batch.ts';
import type { SpooledReading } from './reading.ts';

/** The readings of one batch while they are collected: as many as the limit lets go together, and one at least. */
export class Collection {
  readonly readings: SpooledReading[] = [];
  readonly #limit: BatchLimit;
  #bytes = 0;
  #full = false;

  constructor(limit: BatchLimit) {
    this.#limit = limit;
  }

  /** Whether a reading was refused, so that waiting for more makes the batch no longer. */
  get full(): boolean {
    return this.#full;
  }

  /** Number of the last reading taken. */
  get last(): number | undefined {
    return this.readings.at(-1)?.sequence;
  }

  /** Takes the next reading, or refuses it, and with it all that follow. */
  take(reading: SpooledReading): boolean {
    this.#bytes += this.#limit.sizeOf(reading);
    const [first] = this.readings;
    this.#full = first !== undefined && !this.#fits(first, reading);
    if (!this.#full) this.readings.push(reading);
    return !this.#full;
  }

  #fits(first: SpooledReading, next: SpooledReading): boolean {
    return this.#bytes <= this.#limit.bytes && next.sequence === this.last! + 1 && this.#limit.together(first, next);
  }
}

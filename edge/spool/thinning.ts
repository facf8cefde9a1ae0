import type { Priority, Reading } from './reading.ts';

/** Priorities from what goes first to what goes last. */
const RISING: readonly Priority[] = ['low', 'normal', 'high'];

/** A rewrite that frees less than this part of a segment is not worth its wear. */
const LEAST_FREED = 1 / 8;

/** Tells of readings, in their order, which are kept. */
export type Sieve = (reading: Pick<Reading, 'name' | 'priority'>) => boolean;

/** Keeps every `every`th reading of each sensor up to the priority, and everything above it. */
export function sieve(upTo: Priority, every: number): Sieve {
  const seen = new Map<string, number>();
  return ({ name, priority = 'normal' }) => {
    if (RISING.indexOf(priority) > RISING.indexOf(upTo)) return true;
    const before = seen.get(name) ?? 0;
    seen.set(name, before + 1);
    return before % every === 0;
  };
}

/** Finds out which priority must be thinned, so that it frees enough: the lowest that does. */
export class ThinningPlan {
  readonly #sieves: readonly { readonly upTo: Priority; readonly keeps: Sieve; kept: number }[];
  #bytes = 0;

  constructor(every: number) {
    this.#sieves = RISING.map((upTo) => ({ upTo, keeps: sieve(upTo, every), kept: 0 }));
  }

  /** Takes the next reading of the segment, of so many bytes. */
  weigh(reading: Reading, bytes: number): void {
    this.#bytes += bytes;
    for (const each of this.#sieves) if (each.keeps(reading)) each.kept += bytes;
  }

  /** Readings of this priority and below are to be thinned; `undefined` where that frees too little. */
  get upTo(): Priority | undefined {
    return this.#sieves.find(({ kept }) => this.#bytes - kept >= Math.max(1, this.#bytes * LEAST_FREED))?.upTo;
  }
}

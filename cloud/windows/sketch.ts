import { DDSketch } from '@datadog/sketches-js';
import { addToBin, mergeBins } from './sketch-bins.ts';
import { decodeSketch, encodeSketch } from './sketch-bytes.ts';

/** A percentile is within 1% of the exact one. Part of the encoding: sketches of another accuracy do not merge. */
export const RELATIVE_ACCURACY = 0.01;

/** Few values cost less as they are than a sketch does, and most sensors have few in a commit. */
const MOST_PENDING = 128;

/**
 * The distribution of what one sensor measured, in a bounded space: DDSketch, with logarithmic bins of values that
 * are within 1% of each other. Sketches of parts merge into the sketch of the whole, byte for byte the same in
 * whatever order the values and the parts came.
 *
 * Its bounds: at most `MOST_BINS` bins a sign; beyond a ratio of 6e17 to the greatest magnitude of that sign, the
 * smallest share a bin, as if they were greater. Magnitudes below 1.2e-308 count as 0.
 *
 * Of the library it takes the mapping, the bins and the quantile. Its `merge` forgets the negative values, and its
 * collapsing stores count a bin twice where they collapse (2.1.1), so adding to bins and merging are done here.
 */
export class Sketch {
  readonly #pending: number[] = [];
  #settled: DDSketch | null = null;

  /** How many values it stands for. */
  get count(): number {
    return this.#pending.length + (this.#settled?.count ?? 0);
  }

  /** Adds a finite value. */
  accept(value: number): void {
    if (this.#pending.push(value) === MOST_PENDING) this.#settle();
  }

  /** Adds all that another sketch stands for; the other stays as it is. */
  merge(other: Sketch): void {
    const mine = this.#settle();
    acceptAll(mine, other.#pending);
    const theirs = other.#settled;
    if (!theirs) return;
    mergeBins(mine.store, theirs.store);
    mergeBins(mine.negativeStore, theirs.negativeStore);
    mine.zeroCount += theirs.zeroCount;
    mine.count += theirs.count;
  }

  /**
   * The value at a quantile: of n values in order, the one at the place floor(quantile × (n − 1)), within 1%.
   *
   * @param quantile 0 to 1
   * @returns NaN if the sketch is empty; an infinity where the bin's middle is beyond the range of a double
   */
  valueAt(quantile: number): number {
    return this.#settle().getValueAtQuantile(quantile);
  }

  /** Its bytes; equal sketches have equal bytes. */
  encode(): Buffer {
    return encodeSketch(this.#settle());
  }

  /** The sketch of these bytes; null if they are not of this version, or broken. */
  static decode(bytes: Uint8Array): Sketch | null {
    const settled = emptySketch();
    if (!decodeSketch(bytes, settled)) return null;
    const sketch = new Sketch();
    sketch.#settled = settled;
    return sketch;
  }

  #settle(): DDSketch {
    this.#settled ??= emptySketch();
    acceptAll(this.#settled, this.#pending);
    this.#pending.length = 0;
    return this.#settled;
  }
}

function emptySketch(): DDSketch {
  return new DDSketch({ relativeAccuracy: RELATIVE_ACCURACY });
}

function acceptAll(sketch: DDSketch, values: readonly number[]): void {
  const { mapping, store, negativeStore } = sketch;
  const { minPossible } = mapping;
  for (let index = 0; index < values.length; index++) {
    const value = values[index]!;
    if (value > minPossible) addToBin(store, mapping.key(value), 1);
    else if (value < -minPossible) addToBin(negativeStore, mapping.key(-value), 1);
    else sketch.zeroCount++;
  }
  sketch.count += values.length;
}

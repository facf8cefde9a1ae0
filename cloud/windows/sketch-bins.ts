import type { DDSketch } from '@datadog/sketches-js';

/** The library's counts by key, one run of bins from the lowest key to the highest. */
export type Bins = DDSketch['store'];

/** The most bins of one sign: at 1% they span magnitudes of a ratio of 6e17. */
export const MOST_BINS = 2048;

/**
 * Adds to the bin of `key`. Keys that are `MOST_BINS` or more below the highest share the lowest bin: the space
 * stays bounded, and which bins there are in the end does not depend on the order.
 */
export function addToBin(bins: Bins, key: number, weight: number): void {
  const lowest = bins.maxKey - MOST_BINS + 1;
  if (key < lowest) bins.add(lowest, weight);
  else {
    if (key - bins.minKey >= MOST_BINS) raiseLowest(bins, key - MOST_BINS + 1);
    bins.add(key, weight);
  }
}

/** Adds all bins of `other` to `bins`. */
export function mergeBins(bins: Bins, other: Bins): void {
  const { bins: weights, offset, minKey, maxKey, count } = other;
  if (count === 0) return;
  // The highest first: it decides what is too low.
  addToBin(bins, maxKey, weights[maxKey - offset]!);
  for (let key = minKey; key < maxKey; key++) {
    const weight = weights[key - offset]!;
    if (weight > 0) addToBin(bins, key, weight);
  }
}

/** Empties the bins below `lowest` into the bin of `lowest`. */
function raiseLowest(bins: Bins, lowest: number): void {
  const { bins: weights, offset, minKey, maxKey } = bins;
  bins.bins = [];
  bins.count = 0;
  bins.minKey = Number.POSITIVE_INFINITY;
  bins.maxKey = Number.NEGATIVE_INFINITY;
  bins.offset = 0;
  for (let key = minKey; key <= maxKey; key++) {
    const weight = weights[key - offset]!;
    if (weight > 0) bins.add(Math.max(key, lowest), weight);
  }
}

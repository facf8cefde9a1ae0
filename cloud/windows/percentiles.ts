import { Sketch } from './sketch.ts';

/** What half, 90%, 95% and 99% of the values do not exceed. */
export interface Percentiles {
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
}

/** What a row of `window_value` holds beside its sum. */
export interface SketchedValue {
  readonly count: number;
  readonly min: number;
  readonly max: number;
  readonly sketch: Uint8Array | null;
}

/**
 * The percentiles of a row, each within 1% of a value that was measured, and never beyond the least and the greatest.
 * Null if the row has no sketch, or one that cannot be read or does not stand for all its values.
 */
export function percentilesOf({ count, min, max, sketch: bytes }: SketchedValue): Percentiles | null {
  const sketch = bytes && Sketch.decode(bytes);
  if (sketch?.count !== count || count === 0) return null;
  const at = (quantile: number) => Math.min(max, Math.max(min, sketch.valueAt(quantile)));
  return { p50: at(0.5), p90: at(0.9), p95: at(0.95), p99: at(0.99) };
}

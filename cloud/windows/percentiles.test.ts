import { describe, expect, it } from 'vitest';
import { percentilesOf } from './percentiles.ts';
import { Sketch } from './sketch.ts';

function rowOf(...values: number[]) {
  const sketch = new Sketch();
  for (const value of values) sketch.accept(value);
  return { count: values.length, min: Math.min(...values), max: Math.max(...values), sketch: sketch.encode() };
}

describe('the percentiles of a window’s values', () => {
  it('are those of all its values', () => {
    const percentiles = percentilesOf(rowOf(...Array.from({ length: 101 }, (_, index) => index - 50)))!;
    for (const [name, exact] of Object.entries({ p50: 0, p90: 40, p95: 45, p99: 49 }))
      expect(Math.abs(percentiles[name as 'p50'] - exact)).toBeLessThanOrEqual(exact * 0.01);
  });

  it.each([23.4, -1e308, Number.MAX_VALUE, -Number.MAX_VALUE, Number.MIN_VALUE, 0])(
    'are never beyond the least and the greatest: %d alone',
    (value) => {
      expect(percentilesOf(rowOf(value))).toEqual({ p50: value, p90: value, p95: value, p99: value });
    },
  );

  it('are not known without a sketch, or with one that stands for other values', () => {
    expect(percentilesOf({ ...rowOf(1, 2), sketch: null })).toBeNull();
    expect(percentilesOf({ ...rowOf(1, 2), sketch: Buffer.of(9) })).toBeNull();
    expect(percentilesOf({ ...rowOf(1, 2), count: 3 })).toBeNull();
  });
});

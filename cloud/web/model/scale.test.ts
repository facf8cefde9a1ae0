import { describe, expect, it } from 'vitest';
import { levelOf, roundTop, scaleFor } from './scale.ts';

it('an axis ends on 5, 10, 20, 50, 100 and so on', () => {
  expect([0, 5, 6, 10, 11, 20, 21, 50, 51, 100, 101, 4_321].map(roundTop)).toEqual([
    5, 5, 10, 10, 20, 20, 50, 50, 100, 100, 200, 5_000,
  ]);
});

describe('the colour scale', () => {
  it.each([
    [0, [1, 2, 3, 4, 5]],
    [8, [1, 2, 4, 6, 10]],
    [17, [1, 2, 5, 10, 20]],
    [44, [2, 5, 10, 20, 50]],
    [99, [5, 10, 20, 50, 100]],
    [150, [10, 20, 50, 100, 200]],
    [4_000, [200, 500, 1_000, 2_000, 5_000]],
  ])('for a largest count of %i has the steps %j', (largest, scale) => {
    expect(scaleFor(largest)).toEqual(scale);
  });

  it('always grows, in whole readings', () => {
    for (let largest = 0; largest < 3_000; largest += 7) {
      const scale = scaleFor(largest);
      expect(scale.every((step, index) => Number.isInteger(step) && step > (scale[index - 1] ?? 0))).toBe(true);
      expect(scale[4]).toBeGreaterThanOrEqual(largest);
    }
  });

  it('puts a count into the first step that reaches it, and none into none', () => {
    const scale = scaleFor(99);
    expect([0, 1, 5, 6, 50, 51, 100, 1_000].map((count) => levelOf(count, scale))).toEqual([0, 1, 1, 2, 4, 5, 5, 5]);
  });
});

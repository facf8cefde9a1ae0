import { describe, expect, it } from 'vitest';
import { doublingDelays, jitteredDelays } from './delays.ts';

function take(count: number, random: () => number): number[] {
  const delays = jitteredDelays({ firstMs: 100, mostMs: 1_000 }, random);
  return Array.from({ length: count }, () => delays.next().value);
}

describe('the waits between attempts', () => {
  it('double up to the longest', () => {
    expect(take(6, () => 1)).toEqual([100, 200, 400, 800, 1_000, 1_000]);
  });

  it('are any part of that while they grow, and at least half of it at their longest', () => {
    expect(take(6, () => 0)).toEqual([0, 0, 0, 0, 500, 500]);
    expect(take(6, () => 0.5)).toEqual([50, 100, 200, 400, 750, 750]);
  });

  it('are whole where nobody else keeps step', () => {
    const delays = doublingDelays({ firstMs: 10, mostMs: 45 });
    expect(Array.from({ length: 5 }, () => delays.next().value)).toEqual([10, 20, 40, 45, 45]);
  });

  it('keep to the longest even for the first', () => {
    expect(jitteredDelays({ firstMs: 50, mostMs: 10 }, () => 1).next().value).toBe(10);
  });
});

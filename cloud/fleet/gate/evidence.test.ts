import { seededChance } from '@tashika/shared/chance';
import { describe, expect, it } from 'vitest';
import { logEvidence } from './evidence.ts';

/** A gamma of a whole shape and mean 1. */
function gamma(next: () => number, shape: number): number {
  let sum = 0;
  for (let part = 0; part < shape; part++) sum -= Math.log(1 - next());
  return sum / shape;
}

function poisson(next: () => number, mean: number): number {
  let count = 0;
  for (let product = next(); product > Math.exp(-mean); product *= next()) count += 1;
  return count;
}

describe('evidence of counts', () => {
  it('reaches 1/α no more often than α while nothing is wrong, though it is looked at each time', () => {
    const { next } = seededChance('ville');
    let reached = 0;
    let sum = 0;
    for (let story = 0; story < 4_000; story++) {
      const own = gamma(next, 4);
      let [x, most] = [0, 0];
      for (let look = 1; look <= 60; look++) {
        x += poisson(next, 2 * own);
        most = Math.max(most, logEvidence(x, 2 * look, 4, 0.5));
      }
      if (most >= Math.log(20)) reached += 1;
      sum += Math.exp(logEvidence(x, 120, 4, 0.5));
    }
    expect(reached / 4_000).toBeLessThan(0.05);
    expect(sum / 4_000).toBeCloseTo(1, 0);
  });

  it('grows where there is less, falls where there is not, and is nothing before anything was expected', () => {
    expect(logEvidence(80, 100, 50, 0.8)).toBeGreaterThan(0.5);
    expect(logEvidence(100, 100, 50, 0.8)).toBeLessThan(0);
    expect(logEvidence(0, 0, 50, 0.8)).toBeCloseTo(0);
  });

  it('has no more to say than how much devices differ lets it', () => {
    expect(logEvidence(8_000_000, 10_000_000, 50, 0.8)).toBeCloseTo(logEvidence(80_000, 100_000, 50, 0.8), 1);
  });
});

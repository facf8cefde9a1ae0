import { describe, expect, it } from 'vitest';
import { Debounce } from './debounce.ts';

/** Edges as level and time; what comes of them, and of the quiet after the last. */
function debounced(debounceMs: number, edges: readonly (readonly [level: boolean, ms: number])[], level?: boolean) {
  const debounce = new Debounce(debounceMs, level);
  const changes = edges.map(([to, kernelMs]) => debounce.take({ level: to, kernelMs }));
  changes.push(debounce.quiet());
  return changes.flatMap((change) => (change ? [change.level] : []));
}

describe('debouncing by the timestamps of the kernel', () => {
  it('makes one change of nine bounces', () => {
    const bounces = Array.from({ length: 9 }, (_, n) => [n % 2 === 0, n] as const);
    expect(debounced(5, bounces)).toEqual([true]);
  });

  it('makes none of a bounce back to where the line was', () => {
    const bounce = [
      [true, 0],
      [false, 2],
    ] as const;
    expect(debounced(5, bounce)).toEqual([]);
    expect(debounced(5, bounce, false)).toEqual([]);
    expect(debounced(5, bounce, true)).toEqual([false]);
  });

  it('counts every pulse that is long enough, however late all of them arrive', () => {
    const pulses = Array.from({ length: 200 }, (_, n) => [n % 2 === 0, n * 5] as const);
    expect(debounced(5, pulses)).toHaveLength(200);
    expect(debounced(6, pulses)).toEqual([]);
  });

  it('takes every edge as it comes when there is nothing to debounce', () => {
    const rising = [
      [true, 0],
      [true, 1],
    ] as const;
    expect(debounced(0, rising)).toEqual([true, true]);
  });
});

import { describe, expect, it } from 'vitest';
import { type Chance, seededChance } from '../chance/index.ts';
import type { SequenceRange } from './index.ts';
import {
  contains,
  count,
  formatMultirange,
  gaps,
  intersection,
  normalise,
  parseMultirange,
  subtract,
  through,
  union,
} from './index.ts';

describe('sequence ranges', () => {
  it('merge where they overlap or touch', () => {
    expect(
      normalise([
        [5, 6],
        [1, 2],
        [3, 3],
        [10, 12],
        [11, 11],
      ]),
    ).toEqual([
      [1, 3],
      [5, 6],
      [10, 12],
    ]);
  });

  it('count, end and contain what they cover', () => {
    const ranges = normalise([
      [1, 3],
      [9, 11],
    ]);
    expect([count(ranges), through(ranges)]).toEqual([6, 11]);
    expect([0, 1, 3, 4, 8, 9, 11, 12].map((number) => contains(ranges, number))).toEqual([
      false,
      true,
      true,
      false,
      false,
      true,
      true,
      false,
    ]);
    expect([count([]), through([]), contains([], 1)]).toEqual([0, 0, false]);
  });

  it('tell their gaps from 1 on', () => {
    expect(
      gaps(
        [
          [3, 4],
          [8, 9],
        ],
        10,
      ),
    ).toEqual([
      [1, 2],
      [5, 7],
      [10, 10],
    ]);
    expect(gaps([], 3)).toEqual([[1, 3]]);
    expect(gaps([[1, 3]], 3)).toEqual([]);
    expect(gaps([], 0)).toEqual([]);
  });

  it('go to PostgreSQL and back', () => {
    const ranges: SequenceRange[] = [
      [1, 3],
      [9, 11],
    ];
    expect(formatMultirange(ranges)).toBe('{[1,4),[9,12)}');
    expect(parseMultirange('{[1,4),[9,12)}')).toEqual(ranges);
    expect(parseMultirange('{}')).toEqual([]);
    for (const text of ['', '[1,4)', '{[1,4]}', '{[1,4),}', '{(,4)}', '{[1,4)[5,6)}'])
      expect(() => parseMultirange(text)).toThrow(RangeError);
  });

  it('behave as sets of numbers do, over random sets', () => {
    const chance = seededChance(7);
    for (let round = 0; round < 500; round++) {
      const [a, b] = [randomRanges(chance), randomRanges(chance)];
      const [inA, inB] = [numbers(a), numbers(b)];
      expect(numbers(union(a, b))).toEqual([...new Set([...inA, ...inB])].sort((x, y) => x - y));
      expect(numbers(subtract(a, b))).toEqual(inA.filter((number) => !inB.includes(number)));
      expect(numbers(intersection(a, b))).toEqual(inA.filter((number) => inB.includes(number)));
      expect(normalise(subtract(a, b))).toEqual(subtract(a, b));
    }
  });
});

function numbers(ranges: readonly SequenceRange[]): number[] {
  return ranges.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, index) => first + index));
}

function randomRanges(chance: Chance) {
  return normalise(
    Array.from({ length: Math.floor(chance.next() * 6) }, (): SequenceRange => {
      const first = 1 + Math.floor(chance.next() * 30);
      return [first, first + Math.floor(chance.next() * 5)];
    }),
  );
}

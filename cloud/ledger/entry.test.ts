import { contains, count } from '@tashika/shared/sequence';
import { describe, expect, it } from 'vitest';
import { freshNumbers, newEntry, withHeld, withLost, withReceived } from './entry.ts';

const empty = newEntry('295000000000001', 'stream-a');

describe('a ledger entry', () => {
  it('takes every number of a new post for fresh', () => {
    expect(freshNumbers(empty, 5, 3)).toEqual([[5, 7]]);
    expect(freshNumbers(empty, 5, 0)).toEqual([]);
  });

  it('takes only what it has not received for fresh', () => {
    const entry = withReceived(empty, [[3, 4]]);
    expect(freshNumbers(entry, 1, 6)).toEqual([
      [1, 2],
      [5, 6],
    ]);
    expect(freshNumbers(entry, 3, 2)).toEqual([]);
  });

  it('is one range when nothing is missing, in whatever order the posts came', () => {
    let entry = empty;
    for (const first of [7, 1, 4, 10]) entry = withReceived(entry, [[first, first + 2]]);
    expect(entry.received).toEqual([[1, 12]]);
  });

  it('never forgets a number and never has one twice, whatever comes (seeded)', () => {
    let state = 42;
    const random = (below: number) => {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
      return Math.floor((state / 2 ** 31) * below);
    };
    let entry = empty;
    const model = new Set<number>();
    for (let round = 0; round < 2000; round++) {
      const first = 1 + random(500);
      const length = random(8);
      const fresh = freshNumbers(entry, first, length);
      const expected = Array.from({ length }, (_, index) => first + index).filter((number) => !model.has(number));
      expect(count(fresh)).toBe(expected.length);
      for (const number of expected) {
        expect(contains(fresh, number)).toBe(true);
        model.add(number);
      }
      entry = withReceived(entry, fresh);
      expect(count(entry.received)).toBe(model.size);
    }
  });

  it('keeps what the device gave up, until it arrives after all', () => {
    const told = withLost(withReceived(empty, [[1, 5]]), [[4, 10]]);
    expect(told.lost).toEqual([[6, 10]]);
    const arrived = withReceived(told, [[7, 8]]);
    expect(arrived.lost).toEqual([
      [6, 6],
      [9, 10],
    ]);
    expect(arrived.received).toEqual([
      [1, 5],
      [7, 8],
    ]);
  });

  it('keeps how much the device holds by its latest post, not by the last that came', () => {
    const now = withHeld(empty, 12, 2000);
    expect(withHeld(now, 99, 1000)).toBe(now);
    expect(withHeld(now, null, 3000)).toBe(now);
    expect(withHeld(now, 3, 3000)).toMatchObject({ held: 3, heldAt: 3000 });
  });
});

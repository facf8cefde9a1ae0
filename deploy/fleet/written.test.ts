import { describe, expect, it } from 'vitest';
import { bar, byteSize, duration, table } from './written.ts';

describe('a bar', () => {
  it('is as wide as it was asked to be, and shows the smallest part', () => {
    for (const parts of [
      [1, 1_999],
      [1, 1, 1_998],
      [5, 5],
      [0, 7],
      [1_999, 1],
    ]) {
      const drawn = bar(
        parts.map((count, index) => ['abc'[index]!, count]),
        24,
      );
      expect(drawn).toHaveLength(24);
      for (const [index, count] of parts.entries()) expect(drawn.includes('abc'[index]!)).toBe(count > 0);
    }
  });

  it('of nothing is empty', () => {
    expect(bar([['a', 0]], 4)).toBe('····');
  });
});

describe('what people read', () => {
  it('has lengths of time in two units at most', () => {
    expect([45_000, 480 * 60_000, 130 * 60_000, 76 * 3_600_000].map(duration)).toEqual([
      '45 s',
      '8 h',
      '2 h 10 min',
      '3 d 4 h',
    ]);
  });

  it('has bytes in powers of 1,000 and columns in line', () => {
    expect([999, 8_412_000, 312_400_000].map(byteSize)).toEqual(['999 B', '8.4 MB', '312 MB']);
    expect(
      table(
        [
          ['a', '1'],
          ['long', '10'],
        ],
        [1],
      ),
    ).toBe('a      1\nlong  10');
  });

  it('lets no device speak to the terminal', () => {
    expect(table([['detail', '\u001b[2Jall is well\n']])).toBe('detail  \\u{1b}[2Jall is well\\u{a}');
  });
});

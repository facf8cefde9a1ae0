import { describe, expect, it } from 'vitest';
import { formatFor } from './format.ts';

const ja = formatFor('ja', 'Asia/Tokyo');
const en = formatFor('en', 'Asia/Tokyo');
const TIME = Date.parse('2026-05-30T15:02:09Z');

describe('completeness', () => {
  it('reads 100% only when nothing is missing', () => {
    expect([1, 0.999999, 0.99996, 0.99, 0.98999, 0.5, 0].map(en.completeness)).toEqual([
      '100%',
      '99.99%',
      '99.99%',
      '99.00%',
      '98.9%',
      '50.0%',
      '0.0%',
    ]);
  });
});

describe('a length of time', () => {
  it('has the two largest units that matter', () => {
    expect([0, 4_230, 12_900, 192_000, 5_400_000, 200_000_000].map(en.duration)).toEqual([
      '0.0 s',
      '4.2 s',
      '12 s',
      '3 min 12 s',
      '1 h 30 min',
      '2 d 7 h',
    ]);
    expect([4_230, 192_000].map(ja.duration)).toEqual(['4.2 秒', '3 分 12 秒']);
  });

  it('counts whole seconds where it counts before the eye', () => {
    expect([-1, 0, 999, 6_900, 61_000].map(en.counter)).toEqual(['0 s', '0 s', '0 s', '6 s', '1 min 1 s']);
  });

  it('is never below zero: clocks of two machines may disagree', () => {
    expect(en.duration(-300)).toBe('0.0 s');
  });
});

describe('numbers', () => {
  it('are grouped, rates have a decimal while small', () => {
    expect(en.integer(1_234_567)).toBe('1,234,567');
    expect([0, 3.26, 99.94, 1_234.5].map(en.rate)).toEqual(['0.0', '3.3', '99.9', '1,235']);
  });

  it('are short where room is, in the words of the language', () => {
    expect([0, 9_999, 12_345, 200_000, 1_234_567].map(en.short)).toEqual(['0', '9,999', '12.3k', '200k', '1.23m']);
    expect([9_999, 12_345, 200_000].map(ja.short)).toEqual(['9,999', '1.23万', '20万']);
    expect([999, 1_234, 18_765, 1_234_567].map(en.shortest)).toEqual(['999', '1.2k', '19k', '1.2m']);
  });

  it('are measured values to so many digits, and by their power of ten where they are very large or small', () => {
    expect([23.4567, -0.5, 0, 1013, 1e300, 1e-300].map((value) => en.measured(value, 3))).toEqual([
      '23.5',
      '-0.5',
      '0',
      '1,010',
      '1E300',
      '1E-300',
    ]);
  });

  it('say which way they changed', () => {
    expect([-0.25, 0, 0.104].map(en.change)).toEqual(['-25%', '0%', '+10%']);
  });
});

describe('time of day', () => {
  it('is told in the zone of the reader, which is named', () => {
    expect(en.clock(TIME)).toBe('00:02:09');
    expect(ja.minute(TIME)).toBe('00:02');
    expect(en.zone(TIME)).toBe('Asia/Tokyo, GMT+9');
    expect(formatFor('en', 'Europe/Berlin').minute(TIME)).toBe('17:02');
  });

  it('has a day that nobody reads the other way round, with its year', () => {
    expect([en.dayAndMinute(TIME), en.dateTime(TIME)]).toEqual(['2026-05-31 00:02', '2026-05-31 00:02:09']);
    expect([ja.dayAndMinute(TIME), ja.dateTime(TIME)]).toEqual(['2026/05/31 00:02', '2026/05/31 00:02:09']);
  });
});

describe('a share', () => {
  it('is all only where it is all, and is told finer where it is small', () => {
    const { share } = formatFor('en', 'UTC');
    expect([0, 0.005, 0.0999, 0.5, 0.9999, 1].map(share)).toEqual(['0%', '0.5%', '9.9%', '50%', '99%', '100%']);
  });
});

describe('bytes', () => {
  it('are in powers of 1,000', () => {
    const { bytes } = formatFor('ja', 'UTC');
    expect([999, 8_412_000, 312_400_000, 2_000_000_000].map(bytes)).toEqual(['999 B', '8.4 MB', '312 MB', '2.0 GB']);
  });
});

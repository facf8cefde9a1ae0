import { describe, expect, it } from 'vitest';
import { parseTime } from './time-parameter.ts';

const NINE_IN_TOKYO = Date.UTC(2026, 0, 31, 0, 0, 0);

describe('a time parameter', () => {
  it.each([
    ['2026-01-31T00:00:00Z', NINE_IN_TOKYO],
    ['2026-01-31T09:00:00+09:00', NINE_IN_TOKYO],
    ['2026-01-31T09:00:00 09:00', NINE_IN_TOKYO], // a `+` that the query string turned into a space
    ['2026-01-31T09:00+0900', NINE_IN_TOKYO],
    ['2026-01-30T19:00:00-05:00', NINE_IN_TOKYO],
    ['2026-01-31', NINE_IN_TOKYO],
    ['2026-01-31t00:00:00.123456789z', NINE_IN_TOKYO + 123],
    [String(NINE_IN_TOKYO), NINE_IN_TOKYO],
    ['0', 0],
    ['9999-12-31T23:59:59.999Z', 253_402_300_799_999],
  ])('%s is understood', (text, time) => {
    expect(parseTime(text)).toBe(time);
  });

  it.each([
    '',
    'yesterday',
    '2026-01-31T09:00:00', // whose local time?
    '2026-02-30T00:00:00Z',
    '2026-13-01',
    '2026-01-31T24:00:00Z',
    '2026-01-31T09:60:00Z',
    '2026-01-31T09:00:00+99:00',
    '1969-12-31T23:59:59Z',
    '-1',
    '1e3',
    '0x10',
    '9999999999999999',
    '253402300800000',
    '+010000-01-01T00:00:00Z',
    '９９',
    '2026-01-31T09:00:00Z\u0000',
  ])('%j is refused', (text) => {
    expect(parseTime(text)).toBeUndefined();
  });
});

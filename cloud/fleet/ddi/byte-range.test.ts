import { describe, expect, it } from 'vitest';
import { rangeOf } from './byte-range.ts';

const ETAG = '"abc"';
const asked = (range: string | undefined, ifRange?: string) => rangeOf({ range, ifRange }, ETAG, 1_000);

describe('a range of bytes', () => {
  it.each([
    ['bytes=0-99', 0, 99],
    ['bytes=900-', 900, 999],
    ['bytes=-100', 900, 999],
    ['bytes=-5000', 0, 999],
    ['bytes=990-5000', 990, 999],
    ['bytes=0-0', 0, 0],
  ])('%s is %i to %i of a thousand', (range, first, last) => {
    expect(asked(range)).toEqual({ first, last });
  });

  it.each(['bytes=1000-', 'bytes=1000-1001', 'bytes=-0'])('%s lies beyond the end', (range) => {
    expect(asked(range)).toBe('unsatisfiable');
  });

  it.each([undefined, 'bytes=5-1', 'bytes=0-1,5-6', 'bytes=a-b', 'items=0-1', 'bytes=-', `bytes=${'9'.repeat(40)}-`])(
    '%s is answered with all of it',
    (range) => {
      expect(asked(range)).toBe('whole');
    },
  );

  it('counts only for the file that the device has a part of', () => {
    expect(asked('bytes=5-', ETAG)).toEqual({ first: 5, last: 999 });
    for (const other of ['"other"', 'W/"abc"', 'Sat, 31 Jan 2026 12:00:00 GMT'])
      expect(asked('bytes=5-', other)).toBe('whole');
  });
});

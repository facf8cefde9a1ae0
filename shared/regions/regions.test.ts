import { describe, expect, it } from 'vitest';
import { REGIONS, regionOf, resolveRegion } from './index.ts';

describe('the prefectures', () => {
  it('are 47, each with its own code and its own place on the map', () => {
    expect(REGIONS.map((region) => region.code)).toEqual(
      Array.from({ length: 47 }, (_, index) => String(index + 1).padStart(2, '0')),
    );
    expect(new Set(REGIONS.map(({ column, row }) => `${column}/${row}`)).size).toBe(47);
    expect(REGIONS.every(({ column, row }) => column >= 0 && column < 12 && row >= 0 && row < 14)).toBe(true);
  });

  it.each(['13', 13, 'JP-13', 'jp-13', '東京都', '東京', 'Tokyo', 'tokyo', 'Tōkyō', ' 13 ', '１３'])(
    'knows %j as Tokyo',
    (spelling) => {
      expect(resolveRegion(spelling)).toBe('13');
    },
  );

  it('tells Kyoto from Tokyo and leaves Hokkaido whole', () => {
    expect(resolveRegion('京都')).toBe('26');
    expect(resolveRegion('北海道')).toBe('01');
    expect(resolveRegion('北海')).toBeUndefined();
    expect(resolveRegion(1)).toBe('01');
    expect(resolveRegion('1')).toBe('01');
  });

  it.each([
    'Gondor',
    '',
    '00',
    '48',
    0,
    48,
    13.5,
    -13,
    Number.NaN,
    null,
    undefined,
    {},
    ['13'],
    true,
    'x'.repeat(100_000),
  ])('knows no prefecture by %j', (value) => {
    expect(resolveRegion(value)).toBeUndefined();
  });

  it('finds a region by its code', () => {
    expect(regionOf(resolveRegion('47')!)).toMatchObject({ ja: '沖縄県', en: 'Okinawa' });
  });
});

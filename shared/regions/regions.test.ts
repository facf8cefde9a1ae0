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

  it.each([
    ['Hokkaidō', '01'],
    ['HOKKAIDO', '01'],
    ['Hokkaidou', '01'],
    ['JP-1', '01'],
    ['ＪＰ－０１', '01'],
    ['１', '01'],
    ['Gumma', '10'],
    ['Gumma-ken', '10'],
    ['Gunma Prefecture', '10'],
    ['Tokyo-to', '13'],
    ['TŌKYŌ TO', '13'],
    ['Kyōto', '26'],
    ['Kyoto-fu', '26'],
    ['Ōsaka', '27'],
    ['Osaka-fu', '27'],
    ['Oosaka', '27'],
    ['Hyôgo', '28'],
    ['KOCHI-KEN', '39'],
    ['Kōchi ken', '39'],
    ['Ōita', '44'],
  ])('knows what people write: %s', (spelling, code) => {
    expect(resolveRegion(spelling)).toBe(code);
  });

  it('has no two prefectures under one spelling, and none of another kind than its own', () => {
    for (const { code, ja, en } of REGIONS)
      for (const spelling of [code, ja, en, `JP-${code}`, `${en} Prefecture`])
        expect(resolveRegion(spelling)).toBe(code);
    expect(['Osaka-ken', 'Tokyo-fu', 'Kochi-to', 'Hokkaido-ken', 'JP-001', 'JP-48'].map(resolveRegion)).toEqual(
      Array(6).fill(undefined),
    );
  });

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

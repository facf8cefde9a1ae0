import { REGIONS } from '@tashika/shared/regions';
import { describe, expect, it } from 'vitest';
import { narrowTileName, tileName } from './places.ts';

describe('names on tiles', () => {
  it('drop 都, 府 and 県, and keep 北海道 whole', () => {
    const names = Object.fromEntries(REGIONS.map((region) => [region.code, tileName(region, 'ja')]));
    expect([names['01'], names[13], names[26], names[14]]).toEqual(['北海道', '東京', '京都', '神奈川']);
  });

  it('are different for all prefectures, however narrow', () => {
    for (const language of ['ja', 'en'] as const) {
      const names = REGIONS.map((region) => narrowTileName(region, language));
      expect(new Set(names).size).toBe(47);
      expect(Math.max(...names.map((name) => name.length))).toBe(language === 'ja' ? 2 : 3);
    }
  });
});

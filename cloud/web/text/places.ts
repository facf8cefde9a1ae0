import type { Region } from '@tashika/shared/regions';
import type { Language } from './format.ts';

/** Three letters a prefecture, for English tiles too narrow for its name, in the order of the codes 01 to 47. */
const SHORT_ENGLISH =
  'HKD AOM IWT MYG AKT YGT FKS IBR TOC GNM SIT CHB TKY KNG NGT TYM ISK FKI YMN NGN GIF SZO AIC MIE SIG KYT OSK HYG NRA WKY TTR SMN OKY HRS YGC TKS KGW EHM KOC FKO SAG NGS KMM OIT MYZ KGS OKN'.split(
    ' ',
  );

export function nameOf(region: Region, language: Language): string {
  return region[language];
}

/** For a tile: Japanese without 都, 府 or 県; English in full. */
export function tileName(region: Region, language: Language): string {
  if (language === 'en') return region.en;
  return region.ja === '北海道' ? region.ja : region.ja.slice(0, -1);
}

/** For a tile of a narrow screen: two characters tell all prefectures apart, three letters do in English. */
export function narrowTileName(region: Region, language: Language): string {
  return language === 'en' ? SHORT_ENGLISH[Number(region.code) - 1]! : region.ja.slice(0, 2);
}

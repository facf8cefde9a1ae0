import { KINDS, OTHER_ENGLISH, PREFECTURES } from './table.ts';

/** JIS X 0401 prefecture code, two digits: `'01'` (Hokkaido) to `'47'` (Okinawa). */
export type RegionCode = string & { readonly __brand: 'RegionCode' };

export interface Region {
  readonly code: RegionCode;
  readonly ja: string;
  readonly en: string;
  /** Place on the tile map, from 0; 12 columns. */
  readonly column: number;
  /** Place on the tile map, from 0; 14 rows. */
  readonly row: number;
}

/** The 47 prefectures in the order of their codes. */
export const REGIONS: readonly Region[] = PREFECTURES.map(([code, ja, en, column, row]) => ({
  code: code as RegionCode,
  ja,
  en,
  column,
  row,
}));

const byCode = new Map(REGIONS.map((region) => [region.code, region]));

const bySpelling = new Map<string, RegionCode>();
for (const { code, ja, en } of REGIONS) {
  const number = String(Number(code));
  const spellings = [code, number, `jp-${code}`, `jp-${number}`, ja];
  const kind = KINDS[ja.at(-1)!]; // 北海道 has none, and no shorter name
  if (kind) spellings.push(ja.slice(0, -1)); // 東京都 → 東京
  for (const name of [en, ...(OTHER_ENGLISH[code] ?? [])].map((each) => each.toLowerCase())) {
    spellings.push(name, `${name} prefecture`);
    if (kind) spellings.push(`${name}-${kind}`, `${name} ${kind}`);
  }
  for (const spelling of spellings) bySpelling.set(spelling, code);
}

/** The region of a code that `resolveRegion` returned. */
export function regionOf(code: RegionCode): Region {
  const region = byCode.get(code);
  if (!region) throw new RangeError(`No prefecture has the code ${code}.`);
  return region;
}

/**
 * The prefecture that a payload's `pref` names, in any spelling seen in the field: `"13"`, `13`, `"JP-13"`,
 * `"東京都"`, `"東京"`, `"Tokyo"`, `"Tokyo-to"`. Case, surrounding space, full-width forms and macrons do not matter.
 */
export function resolveRegion(value: unknown): RegionCode | undefined {
  if (typeof value === 'string') return bySpelling.get(value) ?? bySpelling.get(plain(value));
  if (typeof value === 'number') return bySpelling.get(String(value));
  return undefined;
}

function plain(value: string): string {
  if (value.length > 64) return ''; // no spelling is this long
  return value
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .trim()
    .toLowerCase()
    .normalize('NFC');
}

import type { Duration, Timestamp } from '@tashika/shared/time';

export type Language = 'ja' | 'en';

const LOCALE: Readonly<Record<Language, string>> = { ja: 'ja-JP', en: 'en-GB' };

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** How one language writes numbers, lengths of time and times of day. */
export interface Format {
  integer(value: number): string;
  /** A count where room is short: whole up to 9,999, then three digits with a word for the rest (`12.3k`, `1.23万`). */
  short(value: number): string;
  /** The same where there is next to none: whole up to 999, then two digits. */
  shortest(value: number): string;
  /** A measured value with up to `digits` significant ones; very large and small ones by their power of ten. */
  measured(value: number, digits: number): string;
  /** Rates: one decimal below 100. */
  rate(value: number): string;
  /** Never rounded up: what is not wholly complete does not read 100%. */
  completeness(fraction: number): string;
  /** A share of a whole: one decimal below 10%, and never 100% for what is not all of it. */
  share(fraction: number): string;
  /** In powers of 1,000: `8.4 MB`. */
  bytes(value: number): string;
  /** With its sign, whole percent. */
  change(fraction: number): string;
  duration(ms: Duration): string;
  /** The same in whole seconds, for what counts up or down before the eye. */
  counter(ms: Duration): string;
  clock(time: Timestamp): string;
  minute(time: Timestamp): string;
  /** `2026-11-22 18:05:09`, the same way round in both languages. */
  dateTime(time: Timestamp): string;
  /** Without seconds. */
  dayAndMinute(time: Timestamp): string;
  /** `Asia/Tokyo, GMT+9` */
  zone(time: Timestamp): string;
}

/** `timeZone` is the browser's own unless one is given. */
export function formatFor(language: Language, timeZone?: string): Format {
  const locale = LOCALE[language];
  const zone = timeZone ? { timeZone } : {};
  const integers = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
  const tenths = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const compact = new Intl.NumberFormat(locale, { notation: 'compact', maximumSignificantDigits: 3 });
  const tiny = new Intl.NumberFormat(locale, { notation: 'compact', maximumSignificantDigits: 2 });
  const percents = ([0, 1] as const).map(
    (digits) => new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: digits }),
  ) as [Intl.NumberFormat, Intl.NumberFormat];
  const signed = new Intl.NumberFormat(locale, {
    style: 'percent',
    maximumFractionDigits: 0,
    signDisplay: 'exceptZero',
  });
  const times = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(locale, { hourCycle: 'h23', ...zone, ...options });
  const clock = times({ hour: '2-digit', minute: '2-digit', second: '2-digit' });
  const minute = times({ hour: '2-digit', minute: '2-digit' });
  const days = times({ year: 'numeric', month: '2-digit', day: '2-digit' });
  const zoneName = times({ timeZoneName: 'shortOffset' });
  const units =
    language === 'ja' ? { s: ' 秒', min: ' 分', h: ' 時間', d: ' 日' } : { s: ' s', min: ' min', h: ' h', d: ' d' };

  /** With the year, and from the largest to the smallest: 11/22 and 22/11 are both read in English. */
  const day = (time: Timestamp) => {
    const parts = days.formatToParts(time);
    return (['year', 'month', 'day'] as const)
      .map((wanted) => parts.find(({ type }) => type === wanted)?.value)
      .join(language === 'ja' ? '/' : '-');
  };

  const wholeSeconds = (whole: number) => {
    if (whole < 60) return `${whole}${units.s}`;
    if (whole < 3600) return `${Math.floor(whole / 60)}${units.min} ${whole % 60}${units.s}`;
    if (whole < 86_400) return `${Math.floor(whole / 3600)}${units.h} ${Math.floor((whole % 3600) / 60)}${units.min}`;
    return `${Math.floor(whole / 86_400)}${units.d} ${Math.floor((whole % 86_400) / 3600)}${units.h}`;
  };

  return {
    integer: (value) => integers.format(value),
    short: (value) => (value < 10_000 ? integers : compact).format(value),
    shortest: (value) => (value < 1_000 ? integers : tiny).format(value),
    measured: (value, digits) => {
      const size = Math.abs(value);
      const notation = size !== 0 && (size >= 1e7 || size < 1e-4) ? 'scientific' : 'standard';
      return new Intl.NumberFormat(locale, { notation, maximumSignificantDigits: digits }).format(value);
    },
    rate: (value) => (value < 100 ? tenths.format(value) : integers.format(value)),
    completeness: (fraction) => {
      if (fraction >= 1) return '100%';
      const digits = fraction >= 0.99 ? 2 : 1;
      const scale = 10 ** digits;
      return `${(Math.floor(fraction * 100 * scale) / scale).toFixed(digits)}%`;
    },
    share: (fraction) => {
      const digits = fraction < 0.1 ? 1 : 0;
      const scale = 100 * 10 ** digits;
      return percents[digits].format(fraction < 1 ? Math.floor(fraction * scale) / scale : 1);
    },
    bytes: (value) => {
      const power = value < 1000 ? 0 : Math.min(4, Math.floor(Math.log10(value) / 3));
      const scaled = value / 1000 ** power;
      return `${(power === 0 || scaled >= 100 ? integers : tenths).format(scaled)} ${BYTE_UNITS[power]}`;
    },
    change: (fraction) => signed.format(fraction),
    duration: (ms) => {
      const seconds = Math.max(0, ms) / 1000;
      return seconds < 10 ? `${tenths.format(seconds)}${units.s}` : wholeSeconds(Math.floor(seconds));
    },
    counter: (ms) => wholeSeconds(Math.max(0, Math.floor(ms / 1000))),
    clock: (time) => clock.format(time),
    minute: (time) => minute.format(time),
    dateTime: (time) => `${day(time)} ${clock.format(time)}`,
    dayAndMinute: (time) => `${day(time)} ${minute.format(time)}`,
    zone: (time) => {
      const name = zoneName.formatToParts(time).find((part) => part.type === 'timeZoneName')?.value ?? '';
      return `${zoneName.resolvedOptions().timeZone}, ${name}`;
    },
  };
}

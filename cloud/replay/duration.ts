import type { Duration } from '@tashika/shared/time';

const UNITS: Readonly<Record<string, Duration>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** How a length of time may be written, for an error's sentence. */
export const DURATION_SPELLINGS = 'a number with its unit ms, s, m, h or d, such as 500ms, 5s or 1.5h';

/** The length of time that `text` names, in whole milliseconds; undefined for anything else. */
export function parseDuration(text: string): Duration | undefined {
  if (text === '0') return 0;
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text);
  if (!match) return undefined;
  const duration = Number(match[1]) * UNITS[match[2]!]!;
  return Number.isSafeInteger(duration) ? duration : undefined;
}

/** A length of time as `parseDuration` reads it, in the largest unit that it is a whole number of. */
export function durationText(duration: Duration): string {
  const [unit, size] = Object.entries(UNITS).findLast(([, each]) => duration % each === 0)!;
  return duration === 0 ? '0s' : `${duration / size}${unit}`;
}

import type { Timestamp } from '@tashika/shared/time';

/** The last instant that four digits of a year can name. */
const LATEST: Timestamp = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

const UNIX_MILLISECONDS = /^\d{1,15}$/;

// In a query string a bare `+` means a space, so ` 09:00` is what a hand-typed `+09:00` arrives as.
const ISO_8601 = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(Z|[-+ ]\d\d:?\d\d))?$/i;

/** How a time may be written, for an error's sentence. */
export const TIME_SPELLINGS = 'ISO 8601 with a zone, such as 2026-01-31T09:00:00Z, or Unix milliseconds';

/**
 * The time that a parameter names: Unix milliseconds, or an ISO 8601 date (midnight UTC) or date and time with its
 * zone. Undefined for anything else: a local time without a zone, a day that no calendar has, a year before 1970.
 */
export function parseTime(text: string): Timestamp | undefined {
  const time = UNIX_MILLISECONDS.test(text) ? Number(text) : parseIso(text);
  return time !== undefined && time >= 0 && time <= LATEST ? time : undefined;
}

function parseIso(text: string): Timestamp | undefined {
  const match = ISO_8601.exec(text);
  if (!match) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0)) as Six;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const milliseconds = Number((match[7] ?? '').slice(0, 3).padEnd(3, '0'));
  const local = Date.UTC(year, month - 1, day, hour, minute, second, milliseconds);
  // Date.UTC rolls 31 February over into March; a day that does not come back was none.
  const date = new Date(local);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  const offset = offsetMs(match[8] ?? 'Z');
  return offset === undefined ? undefined : local - offset;
}

type Six = [number, number, number, number, number, number];

function offsetMs(zone: string): number | undefined {
  if (zone === 'Z' || zone === 'z') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(-2));
  if (hours > 23 || minutes > 59) return undefined;
  return (zone[0] === '-' ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}

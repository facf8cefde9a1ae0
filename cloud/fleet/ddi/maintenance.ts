import type { Timestamp } from '@tashika/shared/time';

/** When a device may install: between two times of its own day. `from` after `to` spans midnight. */
export interface Maintenance {
  /** `HH:MM`. */
  readonly from: string;
  readonly to: string;
  /** IANA; the device's own where it is absent. */
  readonly timeZone?: string;
}

/** Making one takes a millisecond; there are some 400 zones, and as many spellings of them. */
const formats = new Map<string, Intl.DateTimeFormat>();
const MOST_FORMATS = 1_000;

/** Whether `zone` is a time zone by the tz database that Node carries. */
export function isTimeZone(zone: string): boolean {
  try {
    formatIn(zone);
    return true;
  } catch {
    return false;
  }
}

/**
 * Whether `now` lies in the window, by the wall clock of the zone: from its first minute, to the one before its last.
 * A window that begins when it ends never opens.
 *
 * @throws RangeError for a zone that is none
 */
export function isOpen({ from, to, timeZone }: Maintenance, ownTimeZone: string, now: Timestamp): boolean {
  const time = formatIn(timeZone ?? ownTimeZone).format(now);
  return from <= to ? from <= time && time < to : time >= from || time < to;
}

function formatIn(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known) return known;
  const made = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  if (formats.size >= MOST_FORMATS) formats.clear();
  formats.set(zone, made);
  return made;
}

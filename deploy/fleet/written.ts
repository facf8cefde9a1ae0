import type { Duration, Timestamp } from '@tashika/shared/time';
import { visible } from '../command/index.ts';

/** How the commands write what people read: columns, bars, lengths of time, bytes. */

/**
 * Rows as columns, the first row being the heading; `right` are those whose cells stand at the right. Cells are one line
 * each: devices write some of them.
 */
export function table(cells: readonly (readonly string[])[], right: readonly number[] = []): string {
  const rows = cells.map((row) => row.map(visible));
  const widths = rows.reduce<number[]>(
    (most, row) => row.map((cell, column) => Math.max(most[column] ?? 0, cell.length)),
    [],
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) => (right.includes(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Names and what they are, one a line, aligned. */
export function fields(entries: readonly (readonly [string, string | number | null | undefined])[]): string {
  const told = entries.filter(([, value]) => value != null && value !== '');
  return table(told.map(([name, value]) => [`  ${name}`, String(value)]));
}

/** Parts of a whole as a bar of `width` signs; a part that is not zero has one sign at least. */
export function bar(parts: readonly (readonly [sign: string, count: number])[], width: number): string {
  const whole = parts.reduce((sum, [, count]) => sum + count, 0);
  if (whole === 0) return '·'.repeat(width);
  const signs = parts.map(([, count]) => (count === 0 ? 0 : Math.max(1, Math.round((count / whole) * width))));
  for (let over = signs.reduce((sum, each) => sum + each, 0) - width; over !== 0; over -= Math.sign(over))
    signs[signs.indexOf(Math.max(...signs))]! -= Math.sign(over);
  return parts.map(([sign], index) => sign.repeat(Math.max(0, signs[index]!))).join('');
}

/** `3 d 4 h`, `2 h 10 min`, `45 s`. */
export function duration(ms: Duration): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return hours % 24 === 0 ? `${hours / 24} d` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** In UTC to the second, as logs have it; `—` for null. */
export function time(text: string | null): string {
  return text === null ? '—' : text.replace('T', ' ').replace(/(\.\d+)?Z$/, 'Z');
}

/** With how long ago that is. */
export function timeAndAge(text: string, now: Timestamp): string {
  return `${time(text)} (${duration(now - Date.parse(text))} ago)`;
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** In powers of 1,000: `8.4 MB`. */
export function byteSize(bytes: number): string {
  const power = bytes < 1000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[power]}`;
}

/** With thousands apart. */
export function count(value: number): string {
  return value.toLocaleString('en-GB');
}

/** `1 device`, `2,000 devices`. */
export function devices(value: number): string {
  return `${count(value)} ${value === 1 ? 'device' : 'devices'}`;
}

/** `1 device has it`, `2,000 devices have it`. */
export function devicesHaveIt(value: number): string {
  return `${devices(value)} ${value === 1 ? 'has' : 'have'} it`;
}

/** The first of a list in a sentence, and how many more there are. */
export function listed(names: readonly string[], most = 10): string {
  const more = names.length - most;
  return more > 0 ? `${names.slice(0, most).join(', ')} and ${count(more)} more` : names.join(', ');
}

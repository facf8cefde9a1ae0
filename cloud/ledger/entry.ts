import { count, formatMultirange, type SequenceRanges, subtract, through, union } from '@tashika/shared/sequence';
import type { Timestamp } from '@tashika/shared/time';

/** Which numbers of one stream have been counted, and what its device told about the others. */
export interface LedgerEntry {
  readonly imsi: string;
  readonly stream: string;
  readonly received: SequenceRanges;
  /** Told lost by the device and not received since. */
  readonly lost: SequenceRanges;
  /** Readings still in the device's spool, by its latest post. */
  readonly held: number;
  /** The envelope's timestamp of that post. */
  readonly heldAt: Timestamp | null;
}

/** A stream that nothing has been received from. */
export function newEntry(imsi: string, stream: string): LedgerEntry {
  return { imsi, stream, received: [], lost: [], held: 0, heldAt: null };
}

/** The numbers of `seq … seq + count - 1` that have not been counted yet. */
export function freshNumbers(entry: LedgerEntry, seq: number, count: number): SequenceRanges {
  if (count === 0) return [];
  const range: SequenceRanges = [[seq, seq + count - 1]];
  return entry.received.length === 0 ? range : subtract(range, entry.received);
}

/** The entry after `numbers` have been counted. A number that was told lost and came after all is not lost. */
export function withReceived(entry: LedgerEntry, numbers: SequenceRanges): LedgerEntry {
  if (numbers.length === 0) return entry;
  const { lost } = entry;
  return {
    ...entry,
    received: append(entry.received, numbers) ?? union(entry.received, numbers),
    lost: lost.length === 0 ? lost : subtract(lost, numbers),
  };
}

/** The entry after the device told `lost`; what has been received is not lost, whatever the device believes. */
export function withLost(entry: LedgerEntry, lost: SequenceRanges): LedgerEntry {
  if (lost.length === 0) return entry;
  return { ...entry, lost: subtract(union(entry.lost, lost), entry.received) };
}

/** The entry after a post told how many readings its spool holds; a replayed post tells nothing new. */
export function withHeld(entry: LedgerEntry, held: number | null, at: Timestamp): LedgerEntry {
  if (held === null || (entry.heldAt !== null && at < entry.heldAt)) return entry;
  return { ...entry, held, heldAt: at };
}

/**
 * Most ranges that an entry may have, in each of its sets. Every commit of a stream reads and writes its whole row, so
 * that without a bound one device that scatters its numbers could slow the commits of all.
 */
export const MOST_RANGES = 10_000;

/** Whether an entry may become `after`: it stays within its bound, or is at least no more scattered than before. */
export function staysBounded(before: LedgerEntry, after: LedgerEntry): boolean {
  return (
    after.received.length <= Math.max(MOST_RANGES, before.received.length) &&
    after.lost.length <= Math.max(MOST_RANGES, before.lost.length)
  );
}

/** What an entry's ranges come to: every number up to `through` is received, lost or missing. */
export interface LedgerFigures {
  /** The highest number received or told lost, 0 for none. */
  readonly through: number;
  readonly received: number;
  readonly missing: number;
  readonly lost: number;
}

export function figuresOf(entry: LedgerEntry): LedgerFigures {
  const [received, lost] = [count(entry.received), count(entry.lost)];
  const last = Math.max(through(entry.received), through(entry.lost));
  return { through: last, received, missing: last - received - lost, lost };
}

/** PostgreSQL's text of an entry's ranges. */
export function rangesText(ranges: SequenceRanges): string {
  return ranges.length === 0 ? '{}' : formatMultirange(ranges);
}

/** The usual case without sorting: one range that follows on the last one. Undefined for any other. */
function append(received: SequenceRanges, numbers: SequenceRanges): SequenceRanges | undefined {
  if (numbers.length !== 1) return undefined;
  const [first, last] = numbers[0]!;
  const tail = received.at(-1);
  if (!tail) return numbers;
  if (first > tail[1] + 1) return [...received, [first, last]];
  if (first === tail[1] + 1) return [...received.slice(0, -1), [tail[0], last]];
  return undefined;
}

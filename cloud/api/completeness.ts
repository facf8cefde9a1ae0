import { count, gaps, parseMultirange, subtract, through, union } from '@tashika/shared/sequence';
import type { Stream } from './shapes.ts';

/** A ledger row. */
export interface LedgerRow {
  readonly imsi: string;
  readonly stream: string;
  readonly received: string;
  readonly lost: string;
  readonly held: number;
}

/**
 * What a ledger row says of its stream: every number up to the highest is received, lost, or missing. All that are
 * missing are counted; the first `mostRanges` ranges of them are named.
 */
export function streamOf(row: LedgerRow, mostRanges: number): Stream {
  const received = parseMultirange(row.received);
  const lost = subtract(parseMultirange(row.lost), received);
  const known = union(received, lost);
  const last = through(known);
  const missing = gaps(known, last);
  return {
    stream: row.stream,
    received: count(received),
    through: last,
    missing: missing.slice(0, mostRanges),
    missingReadings: count(missing),
    lost: count(lost),
    held: row.held,
  };
}

/** The share of what a device took that has been counted: 1 when nothing is missing, held or lost. */
export function completenessOf(streams: readonly Stream[]): number {
  let received = 0;
  let outstanding = 0;
  for (const stream of streams) {
    received += stream.received;
    outstanding += stream.missingReadings + stream.held + stream.lost;
  }
  return outstanding === 0 ? 1 : received / (received + outstanding);
}

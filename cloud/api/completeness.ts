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

/** What a ledger row says of its stream: every number up to the highest is received, lost, or missing. */
export function streamOf(row: LedgerRow): Stream {
  const received = parseMultirange(row.received);
  const lost = subtract(parseMultirange(row.lost), received);
  const known = union(received, lost);
  const last = through(known);
  return {
    stream: row.stream,
    received: count(received),
    through: last,
    missing: [...gaps(known, last)],
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
    outstanding += count(stream.missing) + stream.held + stream.lost;
  }
  return outstanding === 0 ? 1 : received / (received + outstanding);
}

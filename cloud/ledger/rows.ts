import { parseMultirange, type SequenceRanges } from '@tashika/shared/sequence';
import type { Timestamp } from '@tashika/shared/time';
import type { Queryable } from '../store/index.ts';
import { figuresOf, type LedgerEntry, rangesText } from './entry.ts';

/** A stream as the ledger knows it: the SIM that the network vouches for, and the stream the payload names. */
export interface LedgerKey {
  readonly imsi: string;
  readonly stream: string;
}

interface LedgerRow {
  readonly imsi: string;
  readonly stream: string;
  readonly received: string;
  readonly lost: string;
  readonly held: number;
  readonly held_at: Date | null;
}

/**
 * Locks the entries of `keys` until the transaction ends, creating those that are missing. Rows are taken in the
 * order of their keys, so that two workers that meet on the same streams wait for each other instead of deadlocking.
 */
export async function lockEntries(
  transaction: Queryable,
  keys: readonly LedgerKey[],
  now: Timestamp,
): Promise<LedgerEntry[]> {
  if (keys.length === 0) return [];
  const entries = await lockExisting(transaction, keys);
  if (entries.length === keys.length) return entries;
  const found = new Set(entries.map(({ imsi, stream }) => `${imsi}/${stream}`));
  const missing = keys.filter(({ imsi, stream }) => !found.has(`${imsi}/${stream}`));
  await transaction.query(
    `INSERT INTO ledger (imsi, stream, updated_at)
     SELECT imsi, stream, $3 FROM unnest($1::text[], $2::text[]) AS wanted (imsi, stream)
      ORDER BY imsi, stream
     ON CONFLICT DO NOTHING`,
    [missing.map((key) => key.imsi), missing.map((key) => key.stream), new Date(now)],
  );
  // Another worker may have met a stream at the same moment, and counted some of it.
  return [...entries, ...(await lockExisting(transaction, missing))];
}

async function lockExisting(transaction: Queryable, keys: readonly LedgerKey[]): Promise<LedgerEntry[]> {
  const rows = await transaction.query<LedgerRow>(
    `SELECT ledger.imsi, ledger.stream, received::text, lost::text, held, held_at
       FROM ledger JOIN unnest($1::text[], $2::text[]) AS wanted (imsi, stream)
         ON ledger.imsi = wanted.imsi AND ledger.stream = wanted.stream
      ORDER BY ledger.imsi, ledger.stream
        FOR UPDATE OF ledger`,
    [keys.map((key) => key.imsi), keys.map((key) => key.stream)],
  );
  return rows.map(({ imsi, stream, received, lost, held, held_at }) => ({
    imsi,
    stream,
    received: rangesOf(received),
    lost: rangesOf(lost),
    held,
    heldAt: held_at?.getTime() ?? null,
  }));
}

/** Writes entries that this transaction has locked, with the figures that their ranges come to. */
export async function saveEntries(
  transaction: Queryable,
  entries: readonly LedgerEntry[],
  now: Timestamp,
): Promise<void> {
  if (entries.length === 0) return;
  await transaction.query(
    `UPDATE ledger
        SET received = changed.received::int8multirange, lost = changed.lost::int8multirange,
            through = changed.through, received_count = changed.received_count,
            missing_count = changed.missing_count, lost_count = changed.lost_count,
            held = changed.held, held_at = changed.held_at, updated_at = $2
       FROM jsonb_to_recordset($1::jsonb)
         AS changed (imsi text, stream text, received text, lost text, through int8, received_count int8,
                     missing_count int8, lost_count int8, held int8, held_at timestamptz)
      WHERE ledger.imsi = changed.imsi AND ledger.stream = changed.stream`,
    [
      JSON.stringify(
        entries.map((entry) => {
          const { imsi, stream, received, lost, held, heldAt } = entry;
          const figures = figuresOf(entry);
          return {
            imsi,
            stream,
            received: rangesText(received),
            lost: rangesText(lost),
            through: figures.through,
            received_count: figures.received,
            missing_count: figures.missing,
            lost_count: figures.lost,
            held,
            held_at: heldAt === null ? null : new Date(heldAt).toISOString(),
          };
        }),
      ),
      new Date(now),
    ],
  );
}

function rangesOf(text: string): SequenceRanges {
  return text === '{}' ? [] : parseMultirange(text);
}

import { parseMultirange, type SequenceRanges } from '@tashika/shared/sequence';
import type { Queryable } from '../store/index.ts';

/** What the ledger says of one stream. */
export interface StreamFigures {
  readonly imsi: string;
  readonly stream: string;
  /** Readings counted. */
  readonly received: number;
  /** The highest number received or told lost, 0 for none. */
  readonly through: number;
  /** The first ranges of the numbers up to `through` that are neither received nor lost, as many as were asked for. */
  readonly missing: SequenceRanges;
  /** How many numbers are missing, named in `missing` or not. */
  readonly missingReadings: number;
  readonly lost: number;
  readonly held: number;
}

/** Missing ranges are found where the ranges are: of a scattered stream, only those that are named leave the database. */
const COLUMNS = `
  imsi, stream, received_count AS received, through, missing_count AS "missingReadings", lost_count AS lost, held,
  CASE WHEN missing_count = 0 THEN '{}'::int8multirange
       ELSE (SELECT coalesce(range_agg(range), '{}')
               FROM (SELECT range FROM unnest(int8multirange(int8range(1, through + 1)) - received - lost) AS range
                      LIMIT $2) AS first_ranges)
  END::text AS missing`;

type StreamRow = Omit<StreamFigures, 'missing'> & { readonly missing: string };

/** The streams of several SIMs, in order; of each, the first `mostRanges` missing ranges are named. */
export async function readStreams(
  store: Queryable,
  imsis: readonly string[],
  mostRanges: number,
): Promise<StreamFigures[]> {
  const rows = await store.query<StreamRow>(
    `SELECT ${COLUMNS} FROM ledger WHERE imsi = ANY ($1::text[]) ORDER BY imsi, stream`,
    [imsis, mostRanges],
  );
  return rows.map(figuresOfRow);
}

/** One stream; undefined if nothing of it has come. */
export async function readStream(
  store: Queryable,
  imsi: string,
  stream: string,
  mostRanges: number,
): Promise<StreamFigures | undefined> {
  const [row] = await store.query<StreamRow>(`SELECT ${COLUMNS} FROM ledger WHERE imsi = $1 AND stream = $3`, [
    imsi,
    mostRanges,
    stream,
  ]);
  return row && figuresOfRow(row);
}

function figuresOfRow(row: StreamRow): StreamFigures {
  return { ...row, missing: parseMultirange(row.missing) };
}

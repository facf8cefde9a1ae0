import type { Queryable } from '../store/index.ts';
import type { ValueDelta, WindowDelta } from './deltas.ts';
import { Sketch } from './sketch.ts';

/** The largest sum that still takes another of its size without leaving the range of a double. */
const SAFE_SUM = '8e307';

/** What a commit adds to one row of `window_value`. */
interface RowDelta {
  readonly end: string;
  readonly region: string;
  readonly value: ValueDelta;
}

/** What the store has of one of them. */
interface StoredRow {
  /** Which of the deltas it is, from 1. */
  readonly place: number;
  readonly count: number;
  readonly sketch: Uint8Array;
}

/**
 * Adds what sensors measured to their windows. Beyond ±8e307 a sum becomes an infinity, as IEEE 754 would have it:
 * PostgreSQL would refuse the addition, and with it the batch.
 *
 * Sketches are merged here, not in the database, and a row takes a sketch only if that stands for exactly the values
 * that the row counts. So they are read without a lock, merged, and offered to the upsert, which locks the rows in the
 * order of their keys. Where another transaction was there in between, the row keeps its sketch, and that one, locked
 * by now, is merged and written. A row that was counted in part before there were sketches stays without.
 */
export async function addValues(transaction: Queryable, windows: readonly WindowDelta[]): Promise<void> {
  const deltas: RowDelta[] = [];
  for (const window of windows) {
    const end = new Date(window.windowEnd).toISOString();
    for (const value of window.values.values()) deltas.push({ end, region: window.region, value });
  }
  if (deltas.length === 0) return;
  const offered = deltas.map(({ value }) => value.sketch);
  for (const { place, sketch } of await readSketches(transaction, deltas)) {
    offered[place - 1] = mergedWith(sketch, deltas[place - 1]!) ?? offered[place - 1]!;
  }
  const overtaken = await upsert(transaction, deltas, offered);
  if (overtaken.length > 0) await writeSketches(transaction, deltas, overtaken);
}

/** One look into the index for each row: as a join, many rows at once would be sought by reading the whole table. */
function readSketches(transaction: Queryable, deltas: readonly RowDelta[]): Promise<StoredRow[]> {
  return transaction.query<StoredRow>(
    `SELECT delta.place, known.count, known.sketch
       FROM unnest($1::timestamptz[], $2::text[], $3::text[], $4::text[])
              WITH ORDINALITY AS delta (window_end, region, sensor, unit, place)
            CROSS JOIN LATERAL (
              SELECT count, sketch FROM window_value AS stored
               WHERE stored.window_end = delta.window_end AND stored.region = delta.region
                 AND stored.sensor = delta.sensor AND stored.unit = delta.unit AND stored.sketch IS NOT NULL
               LIMIT 1) AS known`,
    keyColumns(deltas),
  );
}

/** Answers the rows whose sketch does not stand for what they count: it is still without this commit's part. */
function upsert(transaction: Queryable, deltas: readonly RowDelta[], offered: readonly Sketch[]): Promise<StoredRow[]> {
  return transaction.query<StoredRow>(
    `WITH delta AS (
            SELECT *
              FROM unnest($1::timestamptz[], $2::text[], $3::text[], $4::text[],
                          $5::int8[], $6::float8[], $7::float8[], $8::float8[], $9::text[])
                     WITH ORDINALITY AS delta (window_end, region, sensor, unit, count, sum, min, max, sketch, place)),
          written AS (
            INSERT INTO window_value AS known (window_end, region, sensor, unit, count, sum, min, max, sketch)
            SELECT window_end, region, sensor, unit, count, sum, min, max, decode(sketch, 'base64')
              FROM delta
             ORDER BY window_end, region, sensor, unit
            ON CONFLICT (window_end, region, sensor, unit) DO UPDATE
              SET count = known.count + excluded.count,
                  sum = CASE WHEN abs(known.sum) < ${SAFE_SUM} AND abs(excluded.sum) < ${SAFE_SUM}
                             THEN known.sum + excluded.sum
                             ELSE 'Infinity'::float8
                                  * sign(CASE WHEN abs(known.sum) > abs(excluded.sum)
                                              THEN known.sum ELSE excluded.sum END)
                        END,
                  min = least(known.min, excluded.min),
                  max = greatest(known.max, excluded.max),
                  sketch = CASE WHEN ${standsFor('excluded.sketch', 'known.count + excluded.count')}
                                THEN excluded.sketch ELSE known.sketch END
            RETURNING window_end, region, sensor, unit, count, sketch)
     SELECT delta.place, written.count, written.sketch
       FROM written JOIN delta USING (window_end, region, sensor, unit)
      WHERE NOT ${standsFor('written.sketch', 'written.count')}`,
    [
      ...keyColumns(deltas),
      deltas.map(({ value }) => value.count),
      deltas.map(({ value }) => value.sum),
      deltas.map(({ value }) => value.min),
      deltas.map(({ value }) => value.max),
      offered.map((sketch) => sketch.encode().toString('base64')),
    ],
  );
}

/** The condition that a sketch stands for `count` values; NULL where there is no sketch. */
function standsFor(sketch: string, count: string): string {
  return `(substring(${sketch} FROM 2 FOR 8) = int8send(${count}))`;
}

/** Merges and writes the sketches of rows that this transaction has locked. */
async function writeSketches(
  transaction: Queryable,
  deltas: readonly RowDelta[],
  rows: readonly StoredRow[],
): Promise<void> {
  await transaction.query(
    `UPDATE window_value AS known SET sketch = decode(merged.sketch, 'base64')
       FROM unnest($1::timestamptz[], $2::text[], $3::text[], $4::text[], $5::text[])
              AS merged (window_end, region, sensor, unit, sketch)
      WHERE known.window_end = merged.window_end AND known.region = merged.region
        AND known.sensor = merged.sensor AND known.unit = merged.unit`,
    [...keyColumns(rows.map(({ place }) => deltas[place - 1]!)), rows.map((row) => wholeSketch(row, deltas))],
  );
}

/** Null where what is stored cannot be read or is not the rest: the percentiles are not known any more, the counts are. */
function wholeSketch({ place, count, sketch }: StoredRow, deltas: readonly RowDelta[]): string | null {
  const delta = deltas[place - 1]!;
  // A row that was deleted after it was read is all this commit's.
  const whole = count === delta.value.count ? delta.value.sketch : mergedWith(sketch, delta);
  return whole?.count === count ? whole.encode().toString('base64') : null;
}

function mergedWith(stored: Uint8Array, { value }: RowDelta): Sketch | null {
  const sketch = Sketch.decode(stored);
  sketch?.merge(value.sketch);
  return sketch;
}

function keyColumns(deltas: readonly RowDelta[]): string[][] {
  return [
    deltas.map((delta) => delta.end),
    deltas.map((delta) => delta.region),
    deltas.map((delta) => delta.value.sensor),
    deltas.map((delta) => delta.value.unit),
  ];
}

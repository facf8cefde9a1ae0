import type { Queryable } from '../store/index.ts';
import type { WindowDelta } from './deltas.ts';
import type { Watermark } from './watermark.ts';

/** NOTIFY channel of what a dashboard can see; the payload is the number of the change. */
export const CHANGE_CHANNEL = 'tashika_change';

/**
 * Waits until no other transaction is changing what readers see, keeps all others from it until this one ends, and
 * answers the watermark that readers see now. What moves a watermark or adds to a window has to take its turn first:
 * otherwise a window could be shown as final, and change without being revised.
 *
 * Rows that the transaction needs beside it are locked before, because whoever holds the turn must not wait for one
 * who waits for the turn.
 */
export async function takeTurn(transaction: Queryable): Promise<Watermark> {
  await transaction.query('SELECT id FROM change_cursor FOR UPDATE');
  // A statement of its own: under READ COMMITTED it sees what was committed while the first one waited.
  const [row] = await transaction.query<{ watermark: Date | null }>('SELECT watermark FROM watermark');
  return row?.watermark?.getTime() ?? null;
}

/**
 * Takes the number of this change, adds the readings to their windows under that number, and tells the listeners
 * once it is committed. The transaction has taken its turn, and this is its last statement: from the turn to the
 * commit every other commit waits, which is what makes the changes visible in the order of their numbers.
 */
export async function publishChange(transaction: Queryable, windows: readonly WindowDelta[]): Promise<void> {
  await transaction.query(
    `WITH change AS (UPDATE change_cursor SET id = id + 1 RETURNING id),
          added AS (
            INSERT INTO window_region AS known (window_end, region, readings, events, late, revision, change_id)
            SELECT delta.*, change.id
              FROM unnest($1::timestamptz[], $2::text[], $3::int8[], $4::int8[], $5::int8[], $6::int4[])
                     AS delta (window_end, region, readings, events, late, revision)
                   CROSS JOIN change
             ORDER BY 1, 2
            ON CONFLICT (window_end, region) DO UPDATE
              SET readings = known.readings + excluded.readings,
                  events = known.events + excluded.events,
                  late = known.late + excluded.late,
                  revision = known.revision + excluded.revision,
                  change_id = excluded.change_id)
     SELECT pg_notify('${CHANGE_CHANNEL}', id::text) FROM change`,
    [
      windows.map((window) => new Date(window.windowEnd).toISOString()),
      windows.map((window) => window.region),
      windows.map((window) => window.readings),
      windows.map((window) => window.events),
      windows.map((window) => window.late),
      // Readings are late only in a window that was final: this commit revises it.
      windows.map((window) => (window.late > 0 ? 1 : 0)),
    ],
  );
}

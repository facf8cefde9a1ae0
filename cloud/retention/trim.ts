import type { Timestamp } from '@tashika/shared/time';
import type { Queryable, Store } from '../store/index.ts';
import { fleetPasses } from './fleet-passes.ts';
import { byTime, type Key, type Pass, type Step } from './pass.ts';

/** What is trimmed by age. */
export type Kind = 'windows' | 'ledgers' | 'deadLetters' | 'fleet';

/** Several devices share this key, so it always has a newer stream. */
const UNKNOWN_IMSI = 'unknown';

/**
 * A ledger has no index by its age, which every commit changes, so all keys are passed over. One that has not been
 * changed for its age is retired if its device has a stream that has been, or has not been heard of either.
 */
const ledgers: Pass = {
  first: ['', ''],
  async step(transaction, [imsi, stream], { before, rows }) {
    const [row] = await transaction.query<{ found: number; deleted: number; last: string[] | null }>(
      `WITH page AS MATERIALIZED (
              SELECT imsi, stream, updated_at FROM ledger WHERE (imsi, stream) > ($3::text, $4::text)
               ORDER BY imsi, stream LIMIT $2),
            old AS MATERIALIZED (SELECT * FROM page WHERE updated_at <= $1),
            retired AS MATERIALIZED (
              SELECT ledger.ctid AS place
                FROM old JOIN ledger USING (imsi, stream) LEFT JOIN device USING (imsi)
               WHERE ledger.updated_at <= $1
                 AND (imsi = '${UNKNOWN_IMSI}' OR coalesce(device.last_seen <= $1, true)
                      OR EXISTS (SELECT FROM ledger AS newer
                                  WHERE newer.imsi = old.imsi AND newer.updated_at > old.updated_at))
                 FOR UPDATE OF ledger SKIP LOCKED),
            gone AS (DELETE FROM ledger WHERE ctid = ANY (ARRAY(SELECT place FROM retired)) RETURNING 1)
       SELECT (SELECT count(*) FROM page) AS found, (SELECT count(*) FROM gone) AS deleted,
              (SELECT ARRAY[imsi, stream] FROM page ORDER BY imsi DESC, stream DESC LIMIT 1) AS last`,
      [before, rows, imsi!, stream!],
    );
    const { found, deleted, last } = row!;
    return { deleted, next: found === rows ? last! : undefined };
  },
};

/** In this order: a window's values go before the window. */
const PASSES: Readonly<Record<Kind, readonly Pass[]>> = {
  windows: [
    byTime('window_value', ['window_end', 'region', 'sensor', 'unit'], 'window_end'),
    byTime('window_region', ['window_end', 'region'], 'window_end'),
  ],
  ledgers: [ledgers],
  deadLetters: [byTime('dead_letter', ['received_at', 'id'], 'received_at')],
  fleet: fleetPasses,
};

/** Any constant serves; it only has to differ from other locks in the same database. */
const TRIM_LOCK = 7_402_158_302;

export interface TrimOptions {
  /** Rows that one transaction looks at. */
  readonly rows: number;
  /** The time that ages are counted from, for the record. */
  readonly now: Timestamp;
  /** Waits between two transactions; `tookMs` is how long the last one took. False ends the trimming. */
  readonly pause: (tookMs: number) => Promise<boolean>;
  readonly monotonic: () => number;
}

/**
 * Deletes everything of a kind that is older than `before`, in many short transactions, each of which waits for
 * nobody. At most one runs at a time, in whatever process: whoever finds another at it leaves it to that one.
 *
 * @returns how many rows were deleted, and whether it came to the end
 */
export async function trim(
  store: Store,
  kind: Kind,
  before: Timestamp,
  { rows, now, pause, monotonic }: TrimOptions,
): Promise<{ readonly deleted: number; readonly done: boolean }> {
  let deleted = 0;
  for (const pass of PASSES[kind]) {
    let key: Key | undefined = pass.first;
    while (key) {
      const began = monotonic();
      const from: Key = key;
      const step: Step | undefined = await alone(store, (transaction) =>
        pass.step(transaction, from, { before: new Date(before), now, rows }),
      );
      if (!step) return { deleted, done: false };
      deleted += step.deleted;
      key = step.next;
      if (!(await pause(monotonic() - began))) return { deleted, done: false };
    }
  }
  return { deleted, done: true };
}

/** Folds the counts of dead letters into one row a reason. */
export async function foldCounts(store: Store): Promise<void> {
  await alone(store, (transaction) =>
    transaction.query(
      `WITH gone AS (DELETE FROM dead_letter_count RETURNING reason, open, redriven)
       INSERT INTO dead_letter_count (reason, open, redriven)
       SELECT reason, sum(open), sum(redriven) FROM gone
        GROUP BY reason HAVING sum(open) <> 0 OR sum(redriven) <> 0`,
    ),
  );
}

/** Runs `work` in a transaction that no other process has at the same time; undefined if one has. */
function alone<Result>(store: Store, work: (transaction: Queryable) => Promise<Result>): Promise<Result | undefined> {
  return store.transaction(async (transaction) => {
    const [row] = await transaction.query<{ mine: boolean }>('SELECT pg_try_advisory_xact_lock($1) AS mine', [
      TRIM_LOCK,
    ]);
    return row!.mine ? work(transaction) : undefined;
  });
}

import type { Timestamp } from '@tashika/shared/time';
import type { Queryable, Store } from '../store/index.ts';

/** What is trimmed by age. */
export type Kind = 'windows' | 'ledgers' | 'deadLetters' | 'fleet';

/** Where a pass over a table goes on. */
type Key = readonly (string | number)[];

interface Step {
  readonly deleted: number;
  /** The last row looked at; undefined when the pass is over. */
  readonly next: Key | undefined;
}

/** A table that is passed over in the order of a key, a few rows at a time. */
interface Pass {
  readonly first: Key;
  /** Deletes what is older than `before` among the next `rows` after `key`. */
  step(transaction: Queryable, key: Key, before: Date, rows: number): Promise<Step>;
}

/**
 * Rows are found by an index, locked without waiting for any that a commit holds, and deleted by their place. What is
 * locked is left to the next time.
 *
 * @param only which rows of the table are trimmed at all
 */
function byTime(table: string, columns: readonly string[], time: string, only = 'true'): Pass {
  const key = columns.join(', ');
  const types = columns.map(
    (column) =>
      ({ window_end: 'timestamptz', received_at: 'timestamptz', at: 'timestamptz', id: 'bigint', round: 'bigint' })[
        column
      ] ?? 'text',
  );
  const after = columns.map((_, index) => `$${index + 3}::${types[index]}`).join(', ');
  return {
    first: columns.map((_, index) => ({ timestamptz: '-infinity', bigint: 0 })[types[index]!] ?? ''),
    async step(transaction, from, before, rows) {
      const [row] = await transaction.query<{ found: number; deleted: number; last: string[] | null }>(
        `WITH old AS MATERIALIZED (
                SELECT ctid AS place, ${key} FROM ${table} WHERE ${only} AND ${time} <= $1 AND (${key}) > (${after})
                 ORDER BY ${key} LIMIT $2 FOR UPDATE SKIP LOCKED),
              gone AS (DELETE FROM ${table} WHERE ctid = ANY (ARRAY(SELECT place FROM old)) RETURNING 1)
         SELECT (SELECT count(*) FROM old) AS found, (SELECT count(*) FROM gone) AS deleted,
                (SELECT ARRAY[${columns.map((column) => `${column}::text`).join(', ')}] FROM old
                  ORDER BY ${columns.map((column) => `${column} DESC`).join(', ')} LIMIT 1) AS last`,
        [before, rows, ...from],
      );
      const { found, deleted, last } = row!;
      return { deleted, next: found === rows ? last! : undefined };
    },
  };
}

/** Several devices share this key, so it always has a newer stream. */
const UNKNOWN_IMSI = 'unknown';

/**
 * A ledger has no index by its age, which every commit changes, so all keys are passed over. One that has not been
 * changed for its age is retired if its device has a stream that has been, or has not been heard of either.
 */
const ledgers: Pass = {
  first: ['', ''],
  async step(transaction, [imsi, stream], before, rows) {
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
  fleet: [
    byTime('action_feedback', ['received_at', 'id'], 'received_at'),
    byTime('fleet_signal', ['at', 'rollout_id', 'round', 'signal'], 'at'),
    // What was done with images, channels and whole rollouts, and by whom, is little, and stays.
    byTime('fleet_audit', ['at', 'id'], 'at', "subject LIKE 'device:%'"),
  ],
};

/** Any constant serves; it only has to differ from other locks in the same database. */
const TRIM_LOCK = 7_402_158_302;

export interface TrimOptions {
  /** Rows that one transaction looks at. */
  readonly rows: number;
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
  { rows, pause, monotonic }: TrimOptions,
): Promise<{ readonly deleted: number; readonly done: boolean }> {
  let deleted = 0;
  for (const pass of PASSES[kind]) {
    let key: Key | undefined = pass.first;
    while (key) {
      const began = monotonic();
      const from: Key = key;
      const step: Step | undefined = await alone(store, (transaction) =>
        pass.step(transaction, from, new Date(before), rows),
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

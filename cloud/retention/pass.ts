import type { Timestamp } from '@tashika/shared/time';
import type { Queryable } from '../store/index.ts';

/** Where a pass over a table goes on. */
export type Key = readonly (string | number)[];

export interface Step {
  readonly deleted: number;
  /** The last row looked at; undefined when the pass is over. */
  readonly next: Key | undefined;
}

export interface Portion {
  readonly before: Date;
  /** The time that ages are counted from. */
  readonly now: Timestamp;
  readonly rows: number;
}

/** A table that is passed over in the order of a key, a few rows at a time. */
export interface Pass {
  readonly first: Key;
  /** Deletes what is older than `before` among the next `rows` after `key`. */
  step(transaction: Queryable, key: Key, { before, now, rows }: Portion): Promise<Step>;
}

const TYPES: Readonly<Record<string, string>> = {
  window_end: 'timestamptz',
  received_at: 'timestamptz',
  at: 'timestamptz',
  id: 'bigint',
  round: 'bigint',
};

/** What else than its age decides about a row, which is `row` in these conditions. */
export interface ByTimeOptions {
  /** Which rows of the table are trimmed at all: that of the index. */
  readonly only?: string;
  /** Which rows are left for a later time, however old they are. */
  readonly spared?: string;
}

/**
 * Rows are found by an index, locked without waiting for any that a commit holds, and deleted by their place. What is
 * locked is left to the next time.
 */
export function byTime(
  table: string,
  columns: readonly string[],
  time: string,
  { only = 'true', spared = 'false' }: ByTimeOptions = {},
): Pass {
  const key = columns.join(', ');
  const types = columns.map((column) => TYPES[column] ?? 'text');
  const after = columns.map((_, index) => `$${index + 3}::${types[index]}`).join(', ');
  return {
    first: columns.map((_, index) => ({ timestamptz: '-infinity', bigint: 0 })[types[index]!] ?? ''),
    async step(transaction, from, { before, rows }) {
      const [row] = await transaction.query<{ found: number; deleted: number; last: string[] | null }>(
        `WITH old AS MATERIALIZED (
                SELECT ctid AS place, ${spared} AS spared, ${key} FROM ${table} AS row
                 WHERE ${only} AND ${time} <= $1 AND (${key}) > (${after})
                 ORDER BY ${key} LIMIT $2 FOR UPDATE OF row SKIP LOCKED),
              gone AS (DELETE FROM ${table} WHERE ctid = ANY (ARRAY(SELECT place FROM old WHERE NOT spared)) RETURNING 1)
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

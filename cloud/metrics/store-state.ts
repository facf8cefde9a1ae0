import type { Queryable } from '../store/index.ts';

/** What the metrics are made of. */
export interface StoreState {
  readonly totals: {
    readonly events: number;
    readonly readings: number;
    readonly duplicates: number;
    readonly late: number;
    readonly skipped: number;
  };
  readonly watermark: Date | null;
  readonly partitions: readonly {
    readonly hub: string;
    readonly partition: string;
    readonly watermark: Date | null;
    readonly progressed_at: Date | null;
  }[];
  /** By reason: those ever kept, and those not re-driven yet. */
  readonly deadLetters: readonly { readonly reason: string; readonly all: number; readonly open: number }[];
}

export async function readState(store: Queryable): Promise<StoreState> {
  const [totals] = await store.query<StoreState['totals']>(
    `SELECT coalesce(sum(events), 0) AS events, coalesce(sum(readings), 0) AS readings,
            coalesce(sum(duplicates), 0) AS duplicates, coalesce(sum(late), 0) AS late,
            coalesce(sum(skipped), 0) AS skipped
       FROM partition`,
  );
  const [combined] = await store.query<{ watermark: Date | null }>('SELECT watermark FROM watermark');
  const partitions = await store.query<StoreState['partitions'][number]>(
    'SELECT hub, partition_id AS partition, watermark, progressed_at FROM partition ORDER BY hub, partition_id',
  );
  const deadLetters = await store.query<StoreState['deadLetters'][number]>(
    `SELECT reason, count(*) AS all, count(*) FILTER (WHERE redriven_at IS NULL) AS open
       FROM dead_letter GROUP BY reason ORDER BY reason`,
  );
  return { totals: totals!, watermark: combined?.watermark ?? null, partitions, deadLetters };
}

import { SUMMED_TOTALS, type Totals } from '../ingest/index.ts';
import type { Queryable } from '../store/index.ts';

/** What the metrics are made of. */
export interface StoreState {
  readonly totals: Totals;
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
  const [totals] = await store.query<Totals>(`SELECT ${SUMMED_TOTALS} FROM partition`);
  const [combined] = await store.query<{ watermark: Date | null }>('SELECT watermark FROM watermark');
  const partitions = await store.query<StoreState['partitions'][number]>(
    'SELECT hub, partition_id AS partition, watermark, progressed_at FROM partition ORDER BY hub, partition_id',
  );
  const deadLetters = await store.query<StoreState['deadLetters'][number]>(
    'SELECT reason, open + redriven AS all, open FROM dead_letter_counts ORDER BY reason',
  );
  return { totals: totals!, watermark: combined?.watermark ?? null, partitions, deadLetters };
}

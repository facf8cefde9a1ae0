import type { Queryable } from '../store/index.ts';
import type { Window } from './shapes.ts';

/** The columns of view `window_counts` that make a window, for every statement that answers windows. */
export const WINDOW_COLUMNS = 'window_end, region, readings, events, late, state, revision';

export interface WindowRow {
  readonly window_end: Date;
  readonly region: string;
  readonly readings: number;
  readonly events: number;
  readonly late: number;
  readonly state: Window['state'];
  readonly revision: number;
}

export function windowOf(row: WindowRow): Window {
  return {
    windowEnd: row.window_end.toISOString(),
    region: row.region,
    readings: row.readings,
    events: row.events,
    late: row.late,
    state: row.state,
    revision: row.revision,
  };
}

/** Event time that every partition has passed; null until each has been read. */
export async function readWatermark(store: Queryable): Promise<Date | null> {
  const [row] = await store.query<{ watermark: Date | null }>('SELECT watermark FROM watermark');
  return row?.watermark ?? null;
}

import { count, type SequenceRange } from '@tashika/shared/sequence';
import type { StreamFigures } from '../ledger/index.ts';

/** Most ranges that a receipt names; a device on a thin link sends those again before it asks for more. */
export const MOST_MISSING_RANGES = 1_000;

/** What a device may forget of a stream: every number up to `through` but those missing. */
export interface Receipt {
  readonly stream: string;
  readonly through: number;
  readonly missing: SequenceRange[];
}

/**
 * The receipt for a stream, of which the first `MOST_MISSING_RANGES` missing ranges are known. Where there are more it
 * ends with the last that is named, so that a device never takes for received what is not.
 */
export function receiptOf(stream: string, figures: StreamFigures | undefined): Receipt {
  if (!figures) return { stream, through: 0, missing: [] };
  const missing = [...figures.missing];
  const isAll = count(missing) === figures.missingReadings;
  return { stream, through: isAll ? figures.through : (missing.at(-1)?.[1] ?? 0), missing };
}

import type { Duration, Timestamp } from '@tashika/shared/time';

/** The feed speaks every two seconds at least; after this long without a word the page no longer looks alive. */
export const STALE_AFTER: Duration = 5_000;

/** A watermark this far behind keeps minutes open that should be final: worth saying aloud. */
export const LAGGING_AFTER: Duration = 60_000;

/** `absent`: partitions have not all been read yet, so no minute can be final. */
export type WatermarkHealth = 'current' | 'lagging' | 'absent';

export function watermarkHealth(watermark: Timestamp | null, now: Timestamp): WatermarkHealth {
  if (watermark === null) return 'absent';
  return now - watermark > LAGGING_AFTER ? 'lagging' : 'current';
}

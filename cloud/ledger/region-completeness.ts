import type { Clock, Timestamp } from '@tashika/shared/time';
import { costlyAnswer, type Queryable } from '../store/index.ts';

/** How many readings of some devices have been counted, and what is outstanding. */
export interface CompletenessFigures {
  readonly devices: number;
  readonly received: number;
  readonly missing: number;
  readonly held: number;
  readonly lost: number;
  /** Received ÷ (received + missing + held + lost); 1 where nothing is numbered. */
  readonly completeness: number;
}

export interface RegionFigures extends CompletenessFigures {
  /** Where the devices were last seen. */
  readonly region: string;
}

export interface RegionCompleteness {
  readonly asOf: Timestamp;
  /** In order of region; those that have devices. */
  readonly regions: readonly RegionFigures[];
  readonly total: CompletenessFigures;
}

/** Answers how complete the readings of each region are: a scan of all ledgers, with a million devices a matter of seconds. */
export function regionCompleteness(store: Queryable, clock: Clock): () => Promise<RegionCompleteness> {
  return costlyAnswer(clock, () => read(store, clock.now()));
}

async function read(store: Queryable, asOf: Timestamp): Promise<RegionCompleteness> {
  const regions = await store.query<RegionFigures>(
    'SELECT region, devices, received, missing, held, lost, completeness FROM region_completeness ORDER BY region',
  );
  const total = { devices: 0, received: 0, missing: 0, held: 0, lost: 0 };
  for (const region of regions) {
    total.devices += region.devices;
    total.received += region.received;
    total.missing += region.missing;
    total.held += region.held;
    total.lost += region.lost;
  }
  const outstanding = total.missing + total.held + total.lost;
  const completeness = outstanding === 0 ? 1 : total.received / (total.received + outstanding);
  return { asOf, regions, total: { ...total, completeness } };
}

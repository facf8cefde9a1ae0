import type { Queryable } from '../../store/index.ts';
import type { Reason } from '../reason/index.ts';
import type { DeviceState } from './states.ts';

/** Groups that are told of, and devices of each that are named. */
const MOST_GROUPS = 20;
const MOST_NAMED = 5;

/** Devices that did not come to the image, or do not leave it, of which the same is said. */
export interface Setback {
  readonly state: DeviceState;
  /** In words. */
  readonly detail: string;
  /** What `detail` is made of; null where that is not known. */
  readonly why: Reason | null;
  readonly devices: number;
  /** Controller ids; 5 at most. */
  readonly some: readonly string[];
}

/** Why devices of a rollout did not come to the image, or do not leave it: what most have in common first. */
export function readSetbacks(store: Queryable, id: string): Promise<Setback[]> {
  return store.query<Setback & Record<string, unknown>>(
    `SELECT state, detail, why, count(*) AS devices, (array_agg(controller_id ORDER BY place))[1:${MOST_NAMED}] AS some
       FROM rollout_device
      WHERE rollout_id = $1 AND detail IS NOT NULL AND state IN ('failed', 'fell-back', 'vanished', 'leaving')
      GROUP BY state, detail, why ORDER BY count(*) DESC, state, detail LIMIT ${MOST_GROUPS}`,
    [id],
  );
}

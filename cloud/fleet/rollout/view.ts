import type { Timestamp } from '@tashika/shared/time';
import type { Queryable } from '../../store/index.ts';
import type { SignalName, SignalStanding } from '../gate/index.ts';
import type { Reason } from '../reason/index.ts';
import type { KeptRollout } from './rows.ts';
import type { DeviceState } from './states.ts';

/** What people are shown of rollouts. */

/** Devices of one rollout that have wave, state, region and board in common. */
export interface Crowd {
  readonly wave: number;
  readonly state: DeviceState;
  readonly region: string | null;
  readonly board: string | null;
  readonly devices: number;
  /** Those of them that were ever offered the image. */
  readonly touched: number;
}

/** The devices of rollouts, counted. */
export async function readCrowds(store: Queryable, ids: readonly string[]): Promise<ReadonlyMap<string, Crowd[]>> {
  const rows = await store.query<Crowd & { readonly rollout_id: string }>(
    `SELECT rollout_id, wave, state, region, board, count(*) AS devices, count(action_id) AS touched
       FROM rollout_device WHERE rollout_id = ANY ($1::text[]) GROUP BY 1, 2, 3, 4, 5`,
    [ids],
  );
  const crowds = new Map(ids.map((id): [string, Crowd[]] => [id, []]));
  for (const { rollout_id: id, ...crowd } of rows) crowds.get(id)!.push(crowd);
  return crowds;
}

/** How many devices of a rollout are in a state. */
export type Count = Pick<Crowd, 'state' | 'devices' | 'touched'>;

/**
 * Counts the devices of rollouts by their states, for lists: those of a rollout that is over once, for nothing moves them
 * any more, and a fleet has more of such rollouts from year to year.
 */
export class DeviceCounts {
  #over: ReadonlyMap<string, readonly Count[]> = new Map();

  async of(
    store: Queryable,
    rollouts: readonly Pick<KeptRollout, 'id' | 'endedAt'>[],
  ): Promise<ReadonlyMap<string, readonly Count[]>> {
    const counts = new Map(rollouts.map(({ id }): [string, readonly Count[]] => [id, this.#over.get(id) ?? []]));
    const rows = await store.query<Count & { readonly rollout_id: string }>(
      `SELECT rollout_id, state, count(*) AS devices, count(action_id) AS touched
         FROM rollout_device WHERE rollout_id = ANY ($1::text[]) GROUP BY 1, 2`,
      [rollouts.map(({ id }) => id).filter((id) => !this.#over.has(id))],
    );
    for (const { rollout_id: id, ...count } of rows) counts.set(id, [...counts.get(id)!, count]);
    this.#over = new Map(
      rollouts
        .filter(({ endedAt }) => endedAt !== null)
        .map(({ id }): [string, readonly Count[]] => [id, counts.get(id)!]),
    );
    return counts;
  }
}

/** Rounds that a signal's course is told of. */
const MOST_POINTS = 200;

export interface Point {
  readonly at: Timestamp;
  readonly observed: number | null;
  readonly expected: number | null;
  readonly evidence: number;
}

/** How each signal of a rollout stands, and its course, the newest last. */
export async function readSignals(
  store: Queryable,
  id: string,
): Promise<readonly (SignalStanding & { readonly series: readonly Point[] })[]> {
  const [kept] = await store.query<{ signals: SignalStanding[] }>('SELECT signals FROM rollout WHERE id = $1', [id]);
  const rows = await store.query<Omit<Point, 'at'> & { readonly signal: SignalName; readonly at: Date }>(
    `SELECT signal, at, observed, expected, evidence
       FROM (SELECT *, row_number() OVER (PARTITION BY signal ORDER BY round DESC) AS place
               FROM fleet_signal WHERE rollout_id = $1) AS told
      WHERE place <= ${MOST_POINTS} ORDER BY round`,
    [id],
  );
  return (kept?.signals ?? []).map((standing) => ({
    ...standing,
    // JSON has no infinity, and null stands for it.
    evidence: standing.evidence ?? Number.MAX_VALUE,
    series: rows
      .filter(({ signal }) => signal === standing.signal)
      .map(({ at, observed, expected, evidence }) => ({ at: at.getTime(), observed, expected, evidence })),
  }));
}

export const WAVE_STATES = ['waiting', 'updating', 'soaking', 'passed', 'failed', 'skipped'] as const;
export type WaveState = (typeof WAVE_STATES)[number];

/** How a wave stands. `skipped`: the rollout ended before its turn, or was aborted in the middle of it. */
export function waveStateOf(
  { state, wave: underWay, waveSince }: Pick<KeptRollout, 'state' | 'wave' | 'waveSince'>,
  wave: number,
): WaveState {
  if (wave < underWay || state === 'completed') return 'passed';
  if (state === 'aborted') return 'skipped';
  if (state === 'draft' || state === 'awaiting-approval') return 'waiting';
  if (state === 'running' || state === 'paused') {
    if (wave > underWay) return 'waiting';
    return waveSince === null ? 'updating' : 'soaking';
  }
  return wave > underWay ? 'skipped' : 'failed';
}

export interface KeptEntry {
  readonly id: number;
  readonly at: Date;
  readonly actor: string;
  readonly subject: string;
  readonly event: string;
  readonly from_state: string | null;
  readonly to_state: string | null;
  readonly reason: string;
  readonly why: Reason | null;
}

/** What is on record of a rollout, the newest first. */
export function readAudit(store: Queryable, id: string, before: number, limit: number): Promise<KeptEntry[]> {
  return store.query<KeptEntry>(
    `SELECT id, at, actor, subject, event, from_state, to_state, reason, why FROM fleet_audit
      WHERE rollout_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3`,
    [id, before, limit],
  );
}

/** How many devices of each region tell which version of the agent; `unknown` where they tell none. */
export function readVersions(
  store: Queryable,
): Promise<{ readonly region: string; readonly version: string; readonly devices: number }[]> {
  return store.query(
    `SELECT region, version, count(*) AS devices
       FROM (SELECT region, coalesce(last_values -> 'agent/version' ->> 'value', 'unknown') AS version FROM device) AS told
      GROUP BY 1, 2 ORDER BY 1, 3 DESC, 2`,
  );
}

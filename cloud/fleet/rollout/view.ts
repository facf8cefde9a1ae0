import type { Timestamp } from '@tashika/shared/time';
import type { Queryable } from '../../store/index.ts';
import { SIGNALS, type SignalName, type SignalStanding } from '../gate/index.ts';
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

/** The devices of a rollout, counted. */
export function readCrowds(store: Queryable, id: string): Promise<Crowd[]> {
  return store.query<Crowd & Record<string, unknown>>(
    `SELECT wave, state, region, board, count(*) AS devices, count(action_id) AS touched
       FROM rollout_device WHERE rollout_id = $1 GROUP BY 1, 2, 3, 4`,
    [id],
  );
}

/** How many devices of a rollout are in a state. */
export type Count = Pick<Crowd, 'state' | 'devices' | 'touched'>;

type Revised = Pick<KeptRollout, 'id' | 'revision'>;

/**
 * What was read of the devices of rollouts, good for as long as a rollout has the same revision: none of its devices moves
 * without a new one. Of those that are over, which a fleet has more of from year to year, it is read once.
 */
export class ByRevision<Value> {
  readonly #most: number;
  /** The longest not asked for first. */
  readonly #kept = new Map<string, { readonly revision: number; readonly value: Value }>();

  /** @param most how many rollouts it keeps */
  constructor(most: number) {
    this.#most = most;
  }

  /** What is known of each, in their order; `read` is asked for what is not. */
  async of(
    rollouts: readonly Revised[],
    read: (ids: readonly string[]) => Promise<ReadonlyMap<string, Value>>,
  ): Promise<Value[]> {
    const known = new Map<string, Value>();
    for (const { id, revision } of rollouts) {
      const kept = this.#kept.get(id);
      if (kept?.revision === revision) known.set(id, kept.value);
    }
    const missing = rollouts.map(({ id }) => id).filter((id) => !known.has(id));
    for (const [id, value] of missing.length === 0 ? [] : await read(missing)) known.set(id, value);
    return rollouts.map(({ id, revision }) => {
      const value = known.get(id)!;
      this.#keep(id, { revision, value });
      return value;
    });
  }

  #keep(id: string, kept: { readonly revision: number; readonly value: Value }): void {
    this.#kept.delete(id);
    this.#kept.set(id, kept);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= this.#most) break;
      this.#kept.delete(oldest);
    }
  }
}

/** What a list tells of a rollout's plan and devices. */
export interface Tally {
  readonly wavesTotal: number;
  readonly counts: readonly Count[];
}

/** The waves of rollouts, and their devices counted by their states. */
export async function readTallies(store: Queryable, ids: readonly string[]): Promise<ReadonlyMap<string, Tally>> {
  const plans = await store.query<{ readonly id: string; readonly waves: number }>(
    `SELECT id, jsonb_array_length(plan -> 'waves') AS waves FROM rollout WHERE id = ANY ($1::text[])`,
    [ids],
  );
  const tallies = new Map(plans.map(({ id, waves }) => [id, { wavesTotal: waves, counts: [] as Count[] }]));
  const rows = await store.query<Count & { readonly rollout_id: string }>(
    `SELECT rollout_id, state, count(*) AS devices, count(action_id) AS touched
       FROM rollout_device WHERE rollout_id = ANY ($1::text[]) GROUP BY 1, 2`,
    [ids],
  );
  for (const { rollout_id: id, ...count } of rows) tallies.get(id)?.counts.push(count);
  return tallies;
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
       FROM (SELECT * FROM fleet_signal WHERE rollout_id = $1 ORDER BY round DESC LIMIT $2) AS told ORDER BY round`,
    [id, MOST_POINTS * SIGNALS.length],
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

const ENTRIES = 'SELECT id, at, actor, subject, event, from_state, to_state, reason, why FROM fleet_audit';

/** What is on record of a rollout, the newest first. */
export function readAudit(store: Queryable, id: string, before: number, limit: number): Promise<KeptEntry[]> {
  return store.query<KeptEntry>(`${ENTRIES} WHERE rollout_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3`, [
    id,
    before,
    limit,
  ]);
}

/** What is on record of a device outside of rollouts, such as its SIM, the newest first. The record knows no tenants. */
export function readHistory(store: Queryable, controllerId: string, limit: number): Promise<KeptEntry[]> {
  return store.query<KeptEntry>(`${ENTRIES} WHERE subject = $1 AND rollout_id IS NULL ORDER BY id DESC LIMIT $2`, [
    `device:${controllerId}`,
    limit,
  ]);
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

import type { ImageKind } from '@tashika/shared/image';
import type { Timestamp } from '@tashika/shared/time';
import type { STEERING_READINGS } from '../../config/fleet.ts';
import type { Queryable } from '../../store/index.ts';
import type { JudgedRollout } from './gate.ts';
import type { Facts, Standing } from './standing.ts';

/** A rollout as it is kept. */
export interface KeptRollout extends Standing {
  readonly tenant: string;
  readonly kind: ImageKind;
  readonly createdAt: Timestamp;
  readonly createdBy: string;
  readonly approvedBy: string | null;
  readonly startedAt: Timestamp | null;
  readonly gateRound: number;
  /** Counts with each change. */
  readonly revision: number;
}

interface RolloutRow {
  readonly id: string;
  readonly tenant: string;
  readonly kind: ImageKind;
  readonly version: string;
  readonly plan: Standing['plan'];
  readonly state: Standing['state'];
  readonly wave: number;
  readonly wave_since: Date | null;
  readonly reason: string | null;
  readonly why: Standing['why'];
  readonly since: Date;
  readonly gate_round: number;
  readonly verdict: Standing['verdict'];
  readonly paused_by: string | null;
  readonly failing: Standing['failing'];
  readonly revision: number;
  readonly created_at: Date;
  readonly created_by: string;
  readonly approved_by: string | null;
  readonly started_at: Date | null;
  readonly ended_at: Date | null;
}

const COLUMNS = `id, tenant, kind, version, plan, state, wave, wave_since, reason, why, since, gate_round, verdict,
  paused_by, failing, revision, created_at, created_by, approved_by, started_at, ended_at`;

/** Which reading tells the version of a kind of image. */
export function versionReading(kind: ImageKind): (typeof STEERING_READINGS)[number] {
  return kind === 'agent' ? 'agent/version' : 'agent/system';
}

/** Rollouts that have started and not ended, the oldest first. */
export async function readUnderWay(store: Queryable, tenant: string): Promise<string[]> {
  const rows = await store.query<{ id: string }>(
    `SELECT id FROM rollout WHERE tenant = $1 AND started_at IS NOT NULL AND ended_at IS NULL ORDER BY started_at, id`,
    [tenant],
  );
  return rows.map(({ id }) => id);
}

/**
 * Rollouts that have ended while a device is offered to go back, and tells neither its image nor what it is offered. Asked at
 * each tick: `<> 'closed'` is what the index of open actions is of.
 */
export async function readReimaged(store: Queryable, tenant: string): Promise<string[]> {
  const rows = await store.query<{ id: string }>(
    `SELECT DISTINCT rollout.id
       FROM deployment_action AS action
       JOIN rollout ON rollout.id = action.rollout_id AND rollout.ended_at IS NOT NULL
       JOIN rollout_device AS member ON member.rollout_id = rollout.id AND member.controller_id = action.controller_id
        AND member.action_id = action.id AND member.state <> 'skipped'
       JOIN fleet_device AS known ON known.tenant = action.tenant AND known.controller_id = action.controller_id
       JOIN device ON device.imsi = known.imsi
      CROSS JOIN LATERAL (
            SELECT device.last_values -> CASE rollout.kind WHEN 'agent' THEN $2 ELSE $3 END AS last) AS reading
      WHERE action.tenant = $1 AND action.state <> 'closed' AND action.state = 'open' AND action.purpose = 'rollback'
        AND reading.last ->> 'value' NOT IN (rollout.version, action.version)
        AND (reading.last ->> 'time')::timestamptz > action.created_at`,
    [tenant, versionReading('agent'), versionReading('system')],
  );
  return rows.map(({ id }) => id);
}

/**
 * A rollout by its id.
 *
 * @param lock `FOR UPDATE` waits for who steps it now; with `SKIP LOCKED` it is passed over then
 */
export async function readRollout(
  store: Queryable,
  tenant: string,
  id: string,
  lock: '' | 'FOR UPDATE' | 'FOR UPDATE SKIP LOCKED' = '',
): Promise<KeptRollout | undefined> {
  const [row] = await store.query<RolloutRow>(`SELECT ${COLUMNS} FROM rollout WHERE tenant = $1 AND id = $2 ${lock}`, [
    tenant,
    id,
  ]);
  return row && rolloutOf(row);
}

export async function isRollout(store: Queryable, tenant: string, id: string): Promise<boolean> {
  return (await store.query('SELECT FROM rollout WHERE tenant = $1 AND id = $2', [tenant, id])).length > 0;
}

/** What the gate keeps of a rollout: some 250 bytes for each device, so that it is read where the gate looks alone. */
export async function readGateState(store: Queryable, id: string): Promise<unknown> {
  const [row] = await store.query<{ gate: unknown }>('SELECT gate FROM rollout WHERE id = $1', [id]);
  return row?.gate ?? {};
}

/** What is told of a rollout in a list: nothing that grows with its devices, as its plan may. */
export type ListedRollout = Pick<
  KeptRollout,
  | ('id' | 'image' | 'state' | 'reason' | 'why' | 'since' | 'wave' | 'revision')
  | ('pausedBy' | 'createdAt' | 'createdBy' | 'approvedBy' | 'startedAt' | 'endedAt')
>;

/**
 * A page of rollouts, the newest first.
 *
 * @param after the id of the last one of the page before; null for the first page
 */
export async function readRollouts(
  store: Queryable,
  tenant: string,
  { after, limit }: { readonly after: string | null; readonly limit: number },
): Promise<ListedRollout[]> {
  const rows = await store.query<Omit<RolloutRow, 'plan'>>(
    `SELECT id, kind, version, state, reason, why, since, wave, revision, paused_by, created_at, created_by, approved_by, started_at, ended_at
       FROM rollout
      WHERE tenant = $1
        AND ($2::text IS NULL OR (created_at, id) < (SELECT created_at, id FROM rollout WHERE tenant = $1 AND id = $2))
      ORDER BY created_at DESC, id DESC LIMIT $3`,
    [tenant, after, limit],
  );
  return rows.map(listedOf);
}

function listedOf(row: Omit<RolloutRow, 'plan'>): ListedRollout {
  return {
    id: row.id,
    image: `${row.kind}/${row.version}`,
    state: row.state,
    reason: row.reason,
    why: row.why,
    since: row.since.getTime(),
    wave: row.wave,
    revision: row.revision,
    pausedBy: row.paused_by,
    createdAt: row.created_at.getTime(),
    createdBy: row.created_by,
    approvedBy: row.approved_by,
    startedAt: row.started_at?.getTime() ?? null,
    endedAt: row.ended_at?.getTime() ?? null,
  };
}

function rolloutOf(row: RolloutRow): KeptRollout {
  return {
    ...listedOf(row),
    tenant: row.tenant,
    kind: row.kind,
    version: row.version,
    plan: row.plan,
    waveSince: row.wave_since?.getTime() ?? null,
    gateRound: row.gate_round,
    verdict: row.verdict,
    failing: row.failing,
  };
}

/** What the gate is told of a rollout that has started. */
export function judgedOf(rollout: KeptRollout, state: () => Promise<unknown>): JudgedRollout {
  const { id, tenant, kind, version, plan, wave, gateRound: round } = rollout;
  return { id, tenant, kind, version, plan, startedAt: rollout.startedAt!, wave, round, state };
}

/** What the registry says of a rollout's image, and of others of its kind. */
export async function readImages(
  transaction: Queryable,
  { kind, version }: Pick<KeptRollout, 'kind' | 'version'>,
): Promise<Pick<Facts, 'revoked' | 'offerable'>> {
  const rows = await transaction.query<{ version: string; revoked: boolean; reason: string | null }>(
    'SELECT version, revoked_at IS NOT NULL AS revoked, revoked_reason AS reason FROM image WHERE kind = $1',
    [kind],
  );
  const own = rows.find((row) => row.version === version);
  return {
    revoked: own?.revoked ? (own.reason ?? 'no reason is given') : null,
    offerable: new Set(rows.filter(({ revoked }) => !revoked).map((row) => row.version)),
  };
}

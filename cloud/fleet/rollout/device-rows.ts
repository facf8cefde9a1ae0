import type { Queryable } from '../../store/index.ts';
import { type KeptRollout, versionReading } from './rows.ts';
import type { ActionFact, DeviceStanding } from './standing.ts';

/** What updaters say when they are about to start what they have installed: Tashika's own, swupdate, rauc-hawkbit-updater. */
const STARTS_NEW = '\\m(reboot|restart|on trial)';

const IS_READ = `($4 OR member.state IN ('offered', 'downloading', 'installing', 'rebooting', 'leaving')
                        OR member.state = 'waiting' AND member.wave <= $5)`;

interface DeviceRow {
  readonly controller_id: string;
  readonly wave: number;
  readonly region: string | null;
  readonly board: string | null;
  readonly state: DeviceStanding['state'];
  readonly since: Date;
  readonly previous_version: string | null;
  readonly updated_at: Date | null;
  readonly detail: string | null;
  readonly why: DeviceStanding['why'];
  readonly action_id: number | null;
  readonly purpose: ActionFact['purpose'];
  readonly action_state: ActionFact['state'];
  readonly outcome: ActionFact['outcome'];
  readonly progress: string | null;
  readonly action_detail: string | null;
  readonly given_up: ActionFact['givenUp'];
  readonly rebooted: boolean;
  readonly insists: boolean;
  readonly action_created_at: Date;
  readonly fetched_at: Date | null;
  readonly has_sim: boolean;
  readonly told_version: string | null;
  readonly told_at: string | null;
}

/**
 * The devices of a rollout in the order in which they are offered the image: one statement.
 *
 * @param of whose actions and readings are read: of `all`, or of those alone that are on their way or next, which saves
 * most of the work where a fleet is large
 */
export async function readDevices(
  transaction: Queryable,
  { id, tenant, kind, wave }: Pick<KeptRollout, 'id' | 'tenant' | 'kind' | 'wave'>,
  of: 'all' | 'moving' = 'all',
): Promise<DeviceStanding[]> {
  const rows = await transaction.query<DeviceRow>(
    `SELECT member.controller_id, member.wave, member.region, member.board, member.state, member.since,
            member.previous_version, member.updated_at, member.detail, member.why,
            action.id AS action_id, action.purpose, action.state AS action_state, action.outcome, action.progress,
            action.detail AS action_detail, action.created_at AS action_created_at, action.fetched_at,
            CASE WHEN action.state = 'closed' AND action.outcome = 'failure' THEN (
                   SELECT CASE entry.actor WHEN 'ddi' THEN entry.why #> '{values,why}' END FROM fleet_audit AS entry
                    WHERE entry.subject = 'device:' || member.controller_id AND entry.rollout_id = $1
                      AND entry.event = 'action-failure'
                    ORDER BY entry.id DESC LIMIT 1) END AS given_up,
            CASE WHEN member.state IN ('offered', 'downloading', 'installing') THEN EXISTS (
                   SELECT FROM action_feedback AS said
                    WHERE said.action_id = action.id AND said.execution = 'proceeding'
                      AND array_to_string(said.details, ' ') ~* '${STARTS_NEW}')
                 ELSE false END AS rebooted,
            action.state = 'open' AND EXISTS (
                   SELECT FROM action_feedback AS said
                    WHERE said.action_id = action.id AND said.execution = 'rejected') AS insists,
            known.imsi IS NOT NULL AS has_sim, reading.last ->> 'value' AS told_version, reading.last ->> 'time' AS told_at
       FROM rollout_device AS member
       LEFT JOIN deployment_action AS action ON action.id = member.action_id AND ${IS_READ}
       LEFT JOIN fleet_device AS known
              ON known.tenant = $2 AND known.controller_id = member.controller_id AND ${IS_READ}
       LEFT JOIN device ON device.imsi = known.imsi
      CROSS JOIN LATERAL (SELECT device.last_values -> $3 AS last) AS reading
      WHERE member.rollout_id = $1
      ORDER BY member.place`,
    [id, tenant, versionReading(kind), of === 'all', wave],
  );
  return rows.map(deviceOf);
}

function deviceOf(row: DeviceRow): DeviceStanding {
  return {
    controllerId: row.controller_id,
    wave: row.wave,
    region: row.region,
    board: row.board,
    state: row.state,
    since: row.since.getTime(),
    previousVersion: row.previous_version,
    updatedAt: row.updated_at?.getTime() ?? null,
    detail: row.detail,
    why: row.why,
    action: row.action_id === null ? null : actionOf(row, row.action_id),
    hasSim: row.has_sim,
    told:
      row.told_version === null || row.told_at === null
        ? null
        : { version: row.told_version, at: Date.parse(row.told_at) },
  };
}

function actionOf(row: DeviceRow, id: number): ActionFact {
  return {
    id,
    purpose: row.purpose,
    state: row.action_state,
    outcome: row.outcome,
    progress: row.progress,
    detail: row.action_detail,
    givenUp: row.given_up,
    rebooted: row.rebooted,
    insists: row.insists,
    createdAt: row.action_created_at.getTime(),
    fetchedAt: row.fetched_at?.getTime() ?? null,
  };
}

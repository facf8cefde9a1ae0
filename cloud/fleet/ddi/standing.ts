import type { Timestamp } from '@tashika/shared/time';
import type { Queryable } from '../../store/index.ts';

/** NOTIFY channel: what an updater is told has changed. The payload is `tenant/controllerId`, or empty for all of them. */
export const ACTION_CHANNEL = 'fleet_action';

/** What is known of a device before it says anything, and what it is to do. */
export interface Standing {
  readonly controllerId: string;
  readonly imsi: string | null;
  readonly imsiProved: boolean;
  readonly tokenSha256: string | null;
  readonly timeZone: string;
  /** When it told of itself last; null where it is to do so. */
  readonly attributesAt: Timestamp | null;
  /** The one action that is under way, if there is one. */
  readonly action: OpenAction | undefined;
}

export interface OpenAction {
  readonly id: number;
  readonly state: 'open' | 'canceling';
  /** Its image was revoked: it is not offered any more. */
  readonly revoked: boolean;
}

interface StandingRow {
  readonly controller_id: string;
  readonly imsi: string | null;
  readonly imsi_proved: boolean;
  readonly token_sha256: string | null;
  readonly time_zone: string;
  readonly attributes_at: Date | null;
  readonly action_id: number | null;
  readonly action_state: 'open' | 'canceling' | null;
  readonly revoked: boolean;
}

/**
 * The standings of those of `controllerIds` that are known. Each is looked up by itself (`LIMIT` in a lateral join keeps
 * the planner from anything else): how long it takes goes by how many are asked for, not by how large the fleet is.
 */
export async function readStandings(
  store: Queryable,
  tenant: string,
  controllerIds: readonly string[],
): Promise<ReadonlyMap<string, Standing>> {
  const rows = await store.query<StandingRow>(
    `SELECT device.controller_id, device.imsi, device.imsi_proved, device.token_sha256, device.time_zone,
            device.attributes_at, action.id AS action_id, action.state AS action_state,
            action.revoked_at IS NOT NULL AS revoked
       FROM unnest($2::text[]) AS asked (controller_id)
      CROSS JOIN LATERAL (
              SELECT * FROM fleet_device WHERE tenant = $1 AND controller_id = asked.controller_id LIMIT 1) AS device
       LEFT JOIN LATERAL (
              SELECT action.id, action.state, image.revoked_at
                FROM deployment_action AS action JOIN image USING (kind, version)
               WHERE action.tenant = $1 AND action.controller_id = asked.controller_id AND action.state <> 'closed'
               LIMIT 1) AS action ON true`,
    [tenant, controllerIds],
  );
  return new Map(rows.map((row) => [row.controller_id, standingOf(row)]));
}

/** Tells every API process that what `controllerId` is told has changed. */
export async function notifyAction(transaction: Queryable, tenant: string, controllerId: string): Promise<void> {
  await transaction.query('SELECT pg_notify($1, $2)', [ACTION_CHANNEL, `${tenant}/${controllerId}`]);
}

/** The same of all devices: an image that any of them may be offered has changed. */
export async function notifyAllActions(transaction: Queryable): Promise<void> {
  await transaction.query('SELECT pg_notify($1, $2)', [ACTION_CHANNEL, '']);
}

function standingOf(row: StandingRow): Standing {
  return {
    controllerId: row.controller_id,
    imsi: row.imsi,
    imsiProved: row.imsi_proved,
    tokenSha256: row.token_sha256,
    timeZone: row.time_zone,
    attributesAt: row.attributes_at?.getTime() ?? null,
    action: row.action_id === null ? undefined : { id: row.action_id, state: row.action_state!, revoked: row.revoked },
  };
}

import { formatImageName, type ImageRecord } from '@tashika/shared/image';
import type { Timestamp } from '@tashika/shared/time';
import type { Queryable } from '../../store/index.ts';
import { audit } from '../audit.ts';
import { type Reason, sentenceOf, told } from '../reason/index.ts';
import type { Maintenance } from './maintenance.ts';
import { notifyAction } from './standing.ts';

/** An action of a device, whatever became of it. */
export interface Action {
  readonly id: number;
  readonly tenant: string;
  readonly controllerId: string;
  readonly rolloutId: string;
  readonly purpose: 'update' | 'rollback';
  readonly state: 'open' | 'canceling' | 'closed';
  readonly outcome: string | null;
  readonly detail: string | null;
  readonly maintenance: Maintenance | null;
  readonly dailyBytes: number | null;
  readonly beginnings: number;
  readonly fetchedAt: Date | null;
  readonly revoked: boolean;
  readonly record: ImageRecord;
}

const COLUMNS = `action.id, action.tenant, action.controller_id AS "controllerId", action.rollout_id AS "rolloutId",
  action.purpose, action.state, action.outcome, action.detail, action.maintenance,
  action.daily_bytes AS "dailyBytes", action.beginnings, action.fetched_at AS "fetchedAt",
  image.revoked_at IS NOT NULL AS revoked, image.record`;

/** An action by its number, if it is of this device. */
export async function readAction(
  store: Queryable,
  { tenant, controllerId, id }: Pick<Action, 'tenant' | 'controllerId' | 'id'>,
  lock: '' | 'FOR UPDATE OF action' = '',
): Promise<Action | undefined> {
  const [row] = await store.query<Action>(
    `SELECT ${COLUMNS} FROM deployment_action AS action JOIN image USING (kind, version)
      WHERE action.id = $1 AND action.tenant = $2 AND action.controller_id = $3 ${lock}`,
    [id, tenant, controllerId],
  );
  return row;
}

export interface Closing {
  readonly outcome: 'success' | 'failure' | 'cancelled';
  readonly why: Reason;
  /** `device:<controller id>` where the updater said so; `ddi` where the server gave up. */
  readonly actor: string;
  readonly now: Timestamp;
}

/** Closes a locked action, on record; the device is to tell of itself anew. */
export async function closeAction(transaction: Queryable, action: Action, closing: Closing): Promise<void> {
  const { id, tenant, controllerId, rolloutId, state } = action;
  const { outcome, why, actor, now } = closing;
  await transaction.query(
    `UPDATE deployment_action SET state = 'closed', outcome = $2, closed_at = $3, detail = $4 WHERE id = $1`,
    [id, outcome, new Date(now), sentenceOf(why)],
  );
  await transaction.query('UPDATE fleet_device SET attributes_at = NULL WHERE tenant = $1 AND controller_id = $2', [
    tenant,
    controllerId,
  ]);
  await audit(transaction, {
    at: now,
    actor,
    subject: `device:${controllerId}`,
    rolloutId,
    event: `action-${outcome}`,
    from: state,
    to: 'closed',
    ...told({ code: 'action-closed', values: { image: formatImageName(action.record), why } }),
  });
  await notifyAction(transaction, tenant, controllerId);
}

import type { Timestamp } from '@tashika/shared/time';
import { audit, auditAll } from '../fleet/index.ts';
import { type ReasonValues, told } from '../fleet/reason/index.ts';
import type { Queryable } from '../store/index.ts';
import { byTime, type Pass } from './pass.ts';

/** Of a rollout that has not ended nothing goes, however old it is. */
const isUnderWay = (id: string) => `EXISTS (SELECT FROM rollout WHERE rollout.id = ${id} AND rollout.ended_at IS NULL)`;

/** What an action of a rollout that is over has no more need of: it is closed, and what its updater said of it has gone. */
const CLOSED_ACTION = `row.state = 'closed' AND row.closed_at <= $1
  AND NOT EXISTS (SELECT FROM action_feedback AS said WHERE said.action_id = row.id)`;

/** A device that still has an offer to go back, or was never offered anything else, keeps its row while that is open. */
const WITHOUT_ACTION = `NOT EXISTS (
  SELECT FROM deployment_action AS action
   WHERE action.rollout_id = row.rollout_id AND action.controller_id = row.controller_id)`;

/**
 * What is kept of rollouts that ended before then, one rollout after the other.
 *
 * @param goes which of their rows go, as `row`; `$1` is the time before which they ended
 * @param begin done before the rows of a rollout go, in the same transaction
 */
function ofEndedRollouts(
  table: string,
  goes: string,
  begin?: (transaction: Queryable, id: string, now: Timestamp) => Promise<void>,
): Pass {
  return {
    first: [''],
    async step(transaction, [after], { before, now, rows }) {
      const [rollout] = await transaction.query<{ id: string }>(
        `SELECT id FROM rollout
          WHERE ended_at <= $1 AND id > $2
            AND EXISTS (SELECT FROM ${table} AS row WHERE row.rollout_id = rollout.id AND ${goes})
          ORDER BY id LIMIT 1`,
        [before, after!],
      );
      if (!rollout) return { deleted: 0, next: undefined };
      await begin?.(transaction, rollout.id, now);
      const gone = await transaction.query(
        `WITH old AS MATERIALIZED (
                SELECT row.ctid AS place FROM rollout JOIN ${table} AS row ON row.rollout_id = rollout.id
                 WHERE rollout.id = $2 AND rollout.ended_at <= $1 AND ${goes} LIMIT $3 FOR UPDATE OF row SKIP LOCKED)
         DELETE FROM ${table} WHERE ctid = ANY (ARRAY(SELECT place FROM old)) RETURNING 1`,
        [before, rollout.id, rows],
      );
      return { deleted: gone.length, next: [gone.length === rows ? after! : rollout.id] };
    },
  };
}

/**
 * How its devices stood in the end is put on record, and what the gate kept of each of them goes. What is shown of devices is
 * kept for as long as the rollout has the same revision, so that each time that some go it gets another.
 */
async function sumUp(transaction: Queryable, id: string, now: Timestamp): Promise<void> {
  const subject = `rollout:${id}`;
  await transaction.query(`UPDATE rollout SET gate = '{}', revision = revision + 1 WHERE id = $1`, [id]);
  const known = await transaction.query(`SELECT FROM fleet_audit WHERE subject = $1 AND event = 'trimmed' LIMIT 1`, [
    subject,
  ]);
  if (known.length > 0) return;
  const were = await transaction.query<ReasonValues['devices-deleted']['were'][number] & Record<string, unknown>>(
    'SELECT state, count(*) AS devices FROM rollout_device WHERE rollout_id = $1 GROUP BY 1 ORDER BY 2 DESC, 1',
    [id],
  );
  await audit(transaction, {
    at: now,
    actor: 'retention',
    subject,
    rolloutId: id,
    event: 'trimmed',
    ...told({ code: 'devices-deleted', values: { were } }),
  });
}

/**
 * Devices that neither their updater nor their readings were heard of. Who has a token, or was given tags, a channel or a time
 * zone by a person, is expected, and stays; so does who has something to do, or is in a rollout under way.
 */
const devices: Pass = {
  first: ['', ''],
  async step(transaction, [tenant, controllerId], { before, now, rows }) {
    const [row] = await transaction.query<{ found: number; gone: string[]; last: string[] | null }>(
      `WITH page AS MATERIALIZED (
              SELECT tenant, controller_id, last_poll FROM fleet_device WHERE (tenant, controller_id) > ($3::text, $4::text)
               ORDER BY tenant, controller_id LIMIT $2),
            old AS MATERIALIZED (
              SELECT row.ctid AS place FROM page JOIN fleet_device AS row USING (tenant, controller_id)
               WHERE row.last_poll <= $1 AND row.last_poll > 'epoch'
                 AND row.token_sha256 IS NULL AND row.tags = '{}' AND row.channel = 'stable'
                 AND row.time_zone = coalesce(row.attributes ->> 'timeZone', 'Asia/Tokyo')
                 AND NOT EXISTS (SELECT FROM device WHERE device.imsi = row.imsi AND device.last_seen > $1)
                 AND NOT EXISTS (SELECT FROM deployment_action AS action
                                  WHERE action.tenant = row.tenant AND action.controller_id = row.controller_id
                                    AND action.state <> 'closed')
                 AND NOT EXISTS (SELECT FROM rollout_device AS member JOIN rollout ON rollout.id = member.rollout_id
                                  WHERE member.controller_id = row.controller_id AND rollout.tenant = row.tenant
                                    AND rollout.ended_at IS NULL)
                 FOR UPDATE OF row SKIP LOCKED),
            gone AS (DELETE FROM fleet_device WHERE ctid = ANY (ARRAY(SELECT place FROM old)) RETURNING controller_id)
       SELECT (SELECT count(*) FROM page) AS found, ARRAY(SELECT controller_id FROM gone ORDER BY 1) AS gone,
              (SELECT ARRAY[tenant, controller_id] FROM page ORDER BY tenant DESC, controller_id DESC LIMIT 1) AS last`,
      [before, rows, tenant!, controllerId!],
    );
    const { found, gone, last } = row!;
    await auditAll(
      transaction,
      gone.map((each) => ({
        at: now,
        actor: 'retention',
        subject: `device:${each}`,
        event: 'forgotten',
        reason: `Nothing has been heard of it since ${before.toISOString().slice(0, 10)}. It is known again when it asks.`,
      })),
    );
    return { deleted: gone.length, next: found === rows ? last! : undefined };
  },
};

/**
 * In this order: what was said of an action goes before the action, and that before the device's part in its rollout. What was
 * done with images, channels and whole rollouts, and by whom, is little, and stays.
 */
export const fleetPasses: readonly Pass[] = [
  byTime('action_feedback', ['received_at', 'id'], 'received_at', {
    spared: `EXISTS (SELECT FROM deployment_action AS action
                      WHERE action.id = row.action_id AND (action.state <> 'closed' OR ${isUnderWay('action.rollout_id')}))`,
  }),
  ofEndedRollouts('deployment_action', CLOSED_ACTION),
  ofEndedRollouts('rollout_device', WITHOUT_ACTION, sumUp),
  byTime('fleet_signal', ['at', 'rollout_id', 'round', 'signal'], 'at', { spared: isUnderWay('row.rollout_id') }),
  byTime('fleet_audit', ['at', 'id'], 'at', {
    only: "subject LIKE 'device:%'",
    spared: isUnderWay('row.rollout_id'),
  }),
  devices,
];

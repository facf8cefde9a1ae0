import { isDeepStrictEqual } from 'node:util';
import { TashikaError } from '@tashika/shared/errors';
import { type ImageRecord, parseImageName } from '@tashika/shared/image';
import type { Duration, Timestamp } from '@tashika/shared/time';
import type { Queryable, Store } from '../../store/index.ts';
import { audit } from '../audit.ts';
import { type Reason, told } from '../reason/index.ts';
import { applyStep } from './apply.ts';
import { checkPlan, type PlanContext, type TargetDevice, type Waves } from './check.ts';
import { readDevices } from './device-rows.ts';
import { type Order, obey, refusal } from './orders.ts';
import type { RolloutPlan } from './plan.ts';
import { readPlan } from './read-plan.ts';
import { type KeptRollout, readRollout, versionReading } from './rows.ts';

/** Rollouts that start take turns, so that no device comes into two. Any constant serves that no other lock has. */
const START_LOCK = 7_402_158_311;

export interface PlanningParts {
  readonly store: Store;
  readonly tenant: string;
  /** How often the gate looks. */
  readonly roundMs: Duration;
  /** Whether every plan waits for another person's approval, and not those alone that ask for it. */
  readonly requireApproval?: boolean | undefined;
}

/**
 * Keeps a plan under its id; nothing starts. The same plan again is answered as it stands.
 *
 * @param value the plan as JSON
 * @param by who plans it
 * @throws TashikaError ROLLOUT_PLAN_REFUSED with all that speaks against it; ROLLOUT_EXISTS
 */
export async function planRollout(
  { store, tenant, roundMs, requireApproval = false }: PlanningParts,
  value: unknown,
  { by, now }: { readonly by: string; readonly now: Timestamp },
): Promise<KeptRollout> {
  const { plan: written, problems } = readPlan(value);
  if (!written) throw refused(problems);
  const plan = { ...written, requireApproval: written.requireApproval || requireApproval };
  return store.transaction(async (transaction) => {
    await transaction.query('SELECT pg_advisory_xact_lock($1)', [START_LOCK]);
    const known = await readRollout(transaction, tenant, plan.id);
    // It may have been planned before the server asked for approvals.
    if (known && [plan, written].some((each) => isDeepStrictEqual(known.plan, each))) return known;
    if (known)
      throw new TashikaError(
        'ROLLOUT_EXISTS',
        `There is a rollout ${plan.id} with another plan, and a plan is never changed: give this one an id of its own.`,
      );
    if ((await transaction.query('SELECT FROM rollout WHERE id = $1', [plan.id])).length > 0)
      throw new TashikaError(
        'ROLLOUT_EXISTS',
        `The id ${plan.id} is taken by a rollout of another tenant of this store: give this one an id of its own.`,
      );
    const waves = await wavesOf(transaction, plan, { tenant, roundMs });
    const state = plan.requireApproval ? 'awaiting-approval' : 'draft';
    const { devices, sizes, leftOut, haveIt } = waves;
    const why = (image: string | null): Reason => ({
      code: 'planned',
      values: { image, devices: devices.length, waves: sizes.length, leftOut, haveIt },
    });
    const planned = told(why(null));
    const { kind, version } = parseImageName(plan.image)!;
    await transaction.query(
      `INSERT INTO rollout (id, tenant, kind, version, plan, state, wave, reason, why, since, created_at, created_by)
       VALUES ($1, $2, $3, $4, $5::jsonb, $6, 0, $7, $8::jsonb, $9, $9, $10)`,
      [
        ...[plan.id, tenant, kind, version, JSON.stringify(plan), state],
        ...[planned.reason, JSON.stringify(planned.why), new Date(now), by],
      ],
    );
    await putIntoWaves(transaction, plan.id, waves, now);
    await audit(transaction, {
      at: now,
      actor: by,
      subject: `rollout:${plan.id}`,
      rolloutId: plan.id,
      event: 'planned',
      to: state,
      ...told(why(plan.image)),
    });
    return (await readRollout(transaction, tenant, plan.id))!;
  });
}

/**
 * Does what a person orders. At a start the plan is held against the fleet once more, and its devices are frozen.
 *
 * @throws TashikaError NOT_FOUND, ROLLOUT_ORDER_REFUSED, ROLLOUT_PLAN_REFUSED
 */
export async function orderRollout(
  { store, tenant, roundMs, requireApproval = false }: PlanningParts,
  id: string,
  order: Order,
  now: Timestamp,
): Promise<KeptRollout> {
  return store.transaction(async (transaction) => {
    if (order.order === 'start') await transaction.query('SELECT pg_advisory_xact_lock($1)', [START_LOCK]);
    const rollout = await readRollout(transaction, tenant, id, 'FOR UPDATE');
    if (!rollout) throw new TashikaError('NOT_FOUND', `There is no rollout ${id}.`);
    const step = obey(rollout, order, await readDevices(transaction, rollout), now);
    if (order.order === 'start') {
      if (requireApproval && rollout.approvedBy === null)
        throw refusal(
          `nobody has approved ${id}, which was planned before fleet.requireApproval was set: plan it again under an id of its own`,
          order.order,
        );
      const waves = await wavesOf(transaction, rollout.plan, { tenant, roundMs });
      await transaction.query('DELETE FROM rollout_device WHERE rollout_id = $1', [id]);
      await putIntoWaves(transaction, id, waves, now);
    }
    await applyStep(transaction, rollout, step, { now, ...(order.order === 'approve' && { approvedBy: order.by }) });
    return (await readRollout(transaction, tenant, id))!;
  });
}

/** @throws TashikaError ROLLOUT_PLAN_REFUSED */
async function wavesOf(
  transaction: Queryable,
  plan: RolloutPlan,
  { tenant, roundMs }: Pick<PlanningParts, 'tenant' | 'roundMs'>,
): Promise<Waves> {
  const image = parseImageName(plan.image);
  const context: PlanContext = {
    image: image && (await readImage(transaction, image.kind, image.version)),
    devices: await readFleet(transaction, tenant, image?.kind ?? 'agent'),
    busy: await readBusy(transaction, tenant, plan.id),
    roundMs,
  };
  const { waves, problems } = checkPlan(plan, context);
  if (!waves) throw refused(problems);
  return waves;
}

function refused(problems: readonly string[]): TashikaError {
  return new TashikaError('ROLLOUT_PLAN_REFUSED', `${problems.join('. ')}.`);
}

async function readImage(transaction: Queryable, kind: string, version: string): Promise<PlanContext['image']> {
  const [row] = await transaction.query<{ record: ImageRecord; revoked: boolean; reason: string | null }>(
    `SELECT record, revoked_at IS NOT NULL AS revoked, revoked_reason AS reason FROM image
      WHERE kind = $1 AND version = $2`,
    [kind, version],
  );
  return row && { record: row.record, revokedReason: row.revoked ? (row.reason ?? 'no reason is given') : null };
}

/** All devices whose updater has asked, each with the version that it has by its readings, or else by its updater. */
async function readFleet(transaction: Queryable, tenant: string, kind: 'agent' | 'system'): Promise<TargetDevice[]> {
  return transaction.query<TargetDevice & Record<string, unknown>>(
    `SELECT known.controller_id AS "controllerId", device.region, known.board, known.channel, known.tags,
            coalesce(device.last_values -> $2 ->> 'value',
                     CASE WHEN $3 = 'agent' THEN known.agent_version ELSE known.system_version END) AS version
       FROM fleet_device AS known LEFT JOIN device ON device.imsi = known.imsi
      WHERE known.tenant = $1 AND known.first_poll > 'epoch'
      ORDER BY known.controller_id`,
    [tenant, versionReading(kind), kind],
  );
}

/** Devices that another rollout has under way, and which. */
async function readBusy(transaction: Queryable, tenant: string, exceptId: string): Promise<Map<string, string>> {
  const rows = await transaction.query<{ controller_id: string; rollout_id: string }>(
    `SELECT member.controller_id, member.rollout_id
       FROM rollout JOIN rollout_device AS member ON member.rollout_id = rollout.id
      WHERE rollout.tenant = $1 AND rollout.id <> $2 AND rollout.started_at IS NOT NULL AND rollout.ended_at IS NULL
        AND member.state <> 'skipped'`,
    [tenant, exceptId],
  );
  return new Map(rows.map((row) => [row.controller_id, row.rollout_id]));
}

async function putIntoWaves(transaction: Queryable, id: string, { devices }: Waves, now: Timestamp): Promise<void> {
  await transaction.query(
    `INSERT INTO rollout_device (rollout_id, controller_id, wave, place, region, board, state, since, previous_version)
     SELECT $1, controller_id, wave, place, region, board, 'waiting', $3, version
       FROM jsonb_to_recordset($2::jsonb) AS device (controller_id text, wave integer, place integer, region text,
            board text, version text)`,
    [
      id,
      JSON.stringify(
        devices.map(({ controllerId, wave, region, board, version }, place) => ({
          controller_id: controllerId,
          wave,
          place,
          region,
          board,
          version,
        })),
      ),
      new Date(now),
    ],
  );
}

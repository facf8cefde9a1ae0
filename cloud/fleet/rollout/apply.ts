import type { Timestamp } from '@tashika/shared/time';
import type { Parameter, Queryable } from '../../store/index.ts';
import { auditAll } from '../audit.ts';
import { ACTION_CHANNEL } from '../ddi/index.ts';
import { storableReason } from '../reason/index.ts';
import type { GateLook } from './gate.ts';
import type { KeptRollout } from './rows.ts';
import type { Offer, Standing, Step } from './standing.ts';

/** More than these are told at once: look for yourself. */
const MOST_TOLD_APART = 100;

/** Another server has stepped the rollout meanwhile: the transaction is to be rolled back, and nothing is lost. */
export class SteppedElsewhere extends Error {
  constructor(id: string) {
    super(`the rollout ${id} was stepped by another server meanwhile`);
    this.name = 'SteppedElsewhere';
  }
}

/** What a step comes with beyond itself. */
export interface Applied {
  readonly now: Timestamp;
  /** What the gate said since, the oldest first. */
  readonly looks?: readonly GateLook[];
  readonly approvedBy?: string | undefined;
}

/**
 * Writes a step of a rollout, in the transaction that read its facts: a handful of statements, however many devices it
 * moves.
 *
 * @throws SteppedElsewhere where `rollout` is not what the store has any more
 */
export async function applyStep(
  transaction: Queryable,
  rollout: KeptRollout,
  step: Step,
  { now, looks = [], approvedBy }: Applied,
): Promise<void> {
  await saveStanding(transaction, rollout, step.standing, { now, looks, approvedBy });
  await saveSignals(transaction, rollout.id, looks);
  await saveChanges(transaction, rollout.id, step, now);
  await cancelActions(transaction, rollout.id, step.cancels, now);
  await insertOffers(transaction, rollout, step.offers, now);
  await auditAll(transaction, step.entries);
  await tell(transaction, rollout.tenant, [...step.cancels, ...step.offers.map(({ controllerId }) => controllerId)]);
}

async function saveStanding(
  transaction: Queryable,
  rollout: KeptRollout,
  standing: Standing,
  { now, looks = [], approvedBy }: Applied,
): Promise<void> {
  const look = looks.at(-1);
  const rows = await transaction.query(
    `UPDATE rollout
        SET state = $3, wave = $4, wave_since = $5, reason = $6, since = $7, verdict = $8::jsonb, paused_by = $9,
            failing = $10::jsonb, ended_at = $11, gate = coalesce($12::jsonb, gate), gate_round = $13,
            started_at = coalesce(started_at, $14), approved_by = coalesce($15, approved_by),
            approved_at = CASE WHEN $15::text IS NULL THEN approved_at ELSE $16 END,
            signals = coalesce($17::jsonb, signals), why = $18::jsonb, revision = revision + 1
      WHERE id = $1 AND revision = $2
      RETURNING id`,
    [
      rollout.id,
      rollout.revision,
      standing.state,
      standing.wave,
      time(standing.waveSince),
      standing.reason,
      time(standing.since),
      json(standing.verdict),
      standing.pausedBy,
      json(standing.failing),
      time(standing.endedAt),
      look ? JSON.stringify(look.state) : null,
      look?.round ?? rollout.gateRound,
      standing.wave > 0 ? time(now) : null,
      approvedBy ?? null,
      time(now),
      look ? JSON.stringify(look.signals) : null,
      json(storableReason(standing.why)),
    ],
  );
  if (rows.length === 0) throw new SteppedElsewhere(rollout.id);
}

async function saveSignals(transaction: Queryable, id: string, looks: readonly GateLook[]): Promise<void> {
  const rows = looks.flatMap(({ round, at, signals }) =>
    signals.map(({ signal, observed, expected, evidence, threshold, devices }) => ({
      round,
      at: time(at),
      signal,
      observed: finite(observed),
      expected: finite(expected),
      evidence: finite(evidence),
      threshold: finite(threshold),
      devices,
    })),
  );
  if (rows.length === 0) return;
  await transaction.query(
    `INSERT INTO fleet_signal (rollout_id, round, at, signal, observed, expected, evidence, threshold, devices)
     SELECT $1, round, at, signal, observed, expected, evidence, threshold, devices
       FROM jsonb_to_recordset($2::jsonb) AS told (round bigint, at timestamptz, signal text,
            observed double precision, expected double precision, evidence double precision,
            threshold double precision, devices integer)
     ON CONFLICT DO NOTHING`,
    [id, JSON.stringify(rows)],
  );
}

async function saveChanges(
  transaction: Queryable,
  id: string,
  { changes }: Pick<Step, 'changes'>,
  now: Timestamp,
): Promise<void> {
  if (changes.length === 0) return;
  await transaction.query(
    `UPDATE rollout_device AS member
        SET state = change.state, since = $3, detail = change.detail, why = change.why, updated_at = change.updated_at
       FROM jsonb_to_recordset($2::jsonb)
         AS change (controller_id text, state text, detail text, why jsonb, updated_at timestamptz)
      WHERE member.rollout_id = $1 AND member.controller_id = change.controller_id`,
    [
      id,
      JSON.stringify(
        changes.map(({ controllerId, to, detail, why, updatedAt }) => ({
          controller_id: controllerId,
          state: to,
          detail,
          why: storableReason(why),
          updated_at: time(updatedAt),
        })),
      ),
      time(now),
    ],
  );
}

/** An action that its updater never took is over at once; another is asked for. */
async function cancelActions(
  transaction: Queryable,
  id: string,
  controllerIds: readonly string[],
  now: Timestamp,
): Promise<void> {
  if (controllerIds.length === 0) return;
  await transaction.query(
    `UPDATE deployment_action AS action
        SET state = CASE WHEN fetched_at IS NULL THEN 'closed' ELSE 'canceling' END,
            outcome = CASE WHEN fetched_at IS NULL THEN 'cancelled' END,
            closed_at = CASE WHEN fetched_at IS NULL THEN $3::timestamptz END,
            detail = CASE purpose WHEN 'rollback' THEN member.detail ELSE action.detail END
       FROM rollout_device AS member
      WHERE member.rollout_id = $1 AND member.controller_id = ANY ($2::text[])
        AND action.id = member.action_id AND action.state = 'open'`,
    [id, controllerIds, time(now)],
  );
}

/** What is still open of a device, of whatever rollout, is over where it is offered something else. */
async function insertOffers(
  transaction: Queryable,
  { id, tenant, kind, plan }: KeptRollout,
  offers: readonly Offer[],
  now: Timestamp,
): Promise<void> {
  if (offers.length === 0) return;
  const window = plan.maintenanceWindow;
  await transaction.query(
    `UPDATE deployment_action SET state = 'closed', outcome = 'cancelled', closed_at = $3,
            detail = 'it was offered something else'
      WHERE tenant = $1 AND controller_id = ANY ($2::text[]) AND state <> 'closed'`,
    [tenant, offers.map(({ controllerId }) => controllerId), time(now)],
  );
  await transaction.query(
    `WITH offered AS (
       INSERT INTO deployment_action
              (tenant, controller_id, rollout_id, purpose, kind, version, state, maintenance, daily_bytes, created_at)
       SELECT $1, offer.controller_id, $2, offer.purpose, $3, offer.version, 'open',
              CASE WHEN offer.purpose = 'update' AND $4::jsonb IS NOT NULL
                   THEN $4::jsonb || jsonb_build_object('timeZone', known.time_zone) END,
              CASE WHEN offer.purpose = 'update' THEN $5::bigint END, $6
         FROM jsonb_to_recordset($7::jsonb) AS offer (controller_id text, purpose text, version text)
         JOIN fleet_device AS known ON known.tenant = $1 AND known.controller_id = offer.controller_id
       RETURNING id, controller_id)
     UPDATE rollout_device AS member SET action_id = offered.id
       FROM offered WHERE member.rollout_id = $2 AND member.controller_id = offered.controller_id`,
    [
      tenant,
      id,
      kind,
      window ? JSON.stringify(window) : null,
      plan.dailyBytes ?? null,
      time(now),
      JSON.stringify(
        offers.map(({ controllerId, purpose, version }) => ({ controller_id: controllerId, purpose, version })),
      ),
    ] satisfies Parameter[],
  );
}

/** Every process that answers updaters forgets what it knew of these devices. */
async function tell(transaction: Queryable, tenant: string, controllerIds: readonly string[]): Promise<void> {
  if (controllerIds.length === 0) return;
  const payloads =
    controllerIds.length > MOST_TOLD_APART ? [''] : [...new Set(controllerIds)].map((each) => `${tenant}/${each}`);
  await transaction.query('SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS told (payload)', [
    ACTION_CHANNEL,
    payloads,
  ]);
}

function time(at: Timestamp): string;
function time(at: Timestamp | null): string | null;
function time(at: Timestamp | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}

/** JSON has no infinity. */
function finite(value: number | null): number | null {
  return value === null ? null : Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value));
}

function json(value: object | null): string | null {
  return value === null ? null : JSON.stringify(value);
}

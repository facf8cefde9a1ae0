import type { Timestamp } from '@tashika/shared/time';
import { storable } from '../ingest/index.ts';
import type { Queryable } from '../store/index.ts';
import { type Reason, storableReason } from './reason/index.ts';

/** One step of an image, a channel, a rollout or a device, as it stays on record. */
export interface AuditEntry {
  readonly at: Timestamp;
  /** Who did it: a person's name, `device:<controller id>`, `gate` or `rollout`. */
  readonly actor: string;
  /** `image:<kind>/<version>`, `channel:<kind>/<channel>`, `rollout:<id>` or `device:<controller id>`. */
  readonly subject: string;
  /** The rollout that it belongs to. */
  readonly rolloutId?: string | undefined;
  /** What happened, in a word or two: `imported`, `promoted`, `revoked`, `offered`, `halted`. */
  readonly event: string;
  /** State before and after, where it has one. */
  readonly from?: string | null | undefined;
  readonly to?: string | null | undefined;
  /** Why, in a sentence. */
  readonly reason: string;
  /** What the sentence is made of, so that it can be told in another language; where a person wrote it, nothing. */
  readonly why?: Reason | null | undefined;
}

/** A reason that a device or a person wrote may be long: this much of it is kept. */
const LONGEST = 2_000;

/** Puts a step on record, in the transaction that takes it: there is no step without its entry, and no entry without its step. */
export async function audit(transaction: Queryable, entry: AuditEntry): Promise<void> {
  await auditAll(transaction, [entry]);
}

/** Puts steps on record in their order, with one statement. */
export async function auditAll(transaction: Queryable, entries: readonly AuditEntry[]): Promise<void> {
  if (entries.length === 0) return;
  await transaction.query(
    `INSERT INTO fleet_audit (at, actor, subject, rollout_id, event, from_state, to_state, reason, why)
     SELECT at, actor, subject, rollout_id, event, from_state, to_state, reason, why
       FROM ROWS FROM (jsonb_to_recordset($1::jsonb) AS (at timestamptz, actor text, subject text, rollout_id text,
              event text, from_state text, to_state text, reason text, why jsonb)) WITH ORDINALITY
         AS entry (at, actor, subject, rollout_id, event, from_state, to_state, reason, why, place)
      ORDER BY place`,
    [
      JSON.stringify(
        entries.map(({ at, actor, subject, rolloutId, event, from, to, reason, why }) => ({
          at: new Date(at).toISOString(),
          actor: storable(actor, LONGEST),
          subject: storable(subject, LONGEST),
          rollout_id: rolloutId ?? null,
          event,
          from_state: from ?? null,
          to_state: to ?? null,
          reason: storable(reason, LONGEST),
          why: storableReason(why),
        })),
      ),
    ],
  );
}

import type { Timestamp } from '@tashika/shared/time';
import { storable } from '../ingest/index.ts';
import type { Queryable } from '../store/index.ts';

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
    `INSERT INTO fleet_audit (at, actor, subject, rollout_id, event, from_state, to_state, reason)
     SELECT at, actor, subject, rollout_id, event, from_state, to_state, reason
       FROM ROWS FROM (jsonb_to_recordset($1::jsonb) AS (at timestamptz, actor text, subject text, rollout_id text,
              event text, from_state text, to_state text, reason text)) WITH ORDINALITY
         AS entry (at, actor, subject, rollout_id, event, from_state, to_state, reason, place)
      ORDER BY place`,
    [
      JSON.stringify(
        entries.map(({ at, actor, subject, rolloutId, event, from, to, reason }) => ({
          at: new Date(at).toISOString(),
          actor: storable(actor, LONGEST),
          subject: storable(subject, LONGEST),
          rollout_id: rolloutId ?? null,
          event,
          from_state: from ?? null,
          to_state: to ?? null,
          reason: storable(reason, LONGEST),
        })),
      ),
    ],
  );
}

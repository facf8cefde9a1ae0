import type { Duration, Timestamp } from '@tashika/shared/time';

/** What can be seen of the way from SORACOM to the hub. */
export interface SendingSeen {
  /** Why Event Hubs lets no sender in with the key; undefined where it does. */
  readonly refusal: string | undefined;
  /** When the hub took its newest event, by its own clock; undefined where it has none. */
  readonly newestEvent: Timestamp | undefined;
  /** When SORACOM's credential was changed last, and used last, by SORACOM's clock. */
  readonly updatedAt: Timestamp;
  readonly lastUsedAt: Timestamp | undefined;
  /** Deliveries that Funnel has reported as failed lately, and since the change; the sentence of one of them. */
  readonly failures: number;
  readonly failure: string | undefined;
}

/**
 * Why it is not known yet that Funnel sends with the key that its credential has.
 *
 * Event Hubs tells nobody by which of a rule's two keys an event came. So the key must be good, by a link that a sender
 * opens with it; SORACOM must say that it has used the credential, and the hub that an event has come, both later than
 * `settleMs` after the change, for how long Funnel goes by a former key is not documented; and no delivery may have
 * failed meanwhile.
 */
export function doubtsAboutSending(seen: SendingSeen, settleMs: Duration): readonly string[] {
  const { refusal, newestEvent, updatedAt, lastUsedAt, failures, failure } = seen;
  const settledAt = updatedAt + settleMs;
  const doubts: string[] = [];
  if (refusal !== undefined) doubts.push(`Event Hubs lets no sender in with the key: ${refusal}`);
  if (failures > 0) doubts.push(`SORACOM reports ${failures} failed deliveries of Funnel, such as: ${failure}`);
  if (lastUsedAt === undefined || lastUsedAt <= settledAt)
    doubts.push(`SORACOM has not used its credential later than ${utc(settledAt)} yet.`);
  if (newestEvent === undefined || newestEvent <= settledAt)
    doubts.push(`No event has come to the hub later than ${utc(settledAt)} yet.`);
  return doubts;
}

function utc(time: Timestamp): string {
  return new Date(time).toISOString();
}

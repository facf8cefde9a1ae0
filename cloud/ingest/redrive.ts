import { messageOf, TashikaError } from '@tashika/shared/errors';
import type { Duration, Timestamp } from '@tashika/shared/time';
import { lockEntries, saveEntries } from '../ledger/index.ts';
import type { Opening, Sealing } from '../sealing/index.ts';
import { faultOf, type Queryable, type Store } from '../store/index.ts';
import {
  addValues,
  combinedWatermark,
  policyOf,
  publishChange,
  takeTurn,
  type Watermark,
  type WindowSettings,
} from '../windows/index.ts';
import { becameFinal, streamsOf } from './commit.ts';
import {
  closeDeadLetter,
  lockDeadLetter,
  readDeadLetter,
  type StoredDeadLetter,
  updateRefusal,
} from './dead-letter.ts';
import { saveSightings } from './device.ts';
import { openEvent, type Refusal, withSealed } from './event.ts';
import type { HubAddress } from './partition.ts';
import { type EventOutcome, Tally } from './tally.ts';
import { agreeOnWindows } from './windowing.ts';

/** What came of driving a dead letter again. */
export type Redriven = { readonly outcome: 'counted' } | ({ readonly outcome: 'still-refused' } & Refusal);

export interface RedriveConfiguration {
  readonly windows: WindowSettings;
  /** How long windows are kept; for ever, if absent. */
  readonly windowsKeptMs?: Duration | undefined;
  readonly sealing?: Sealing | undefined;
  readonly opening?: Opening | undefined;
}

/** A deadlock takes a second to be found, so this is patience enough. */
const MOST_ATTEMPTS = 5;

/**
 * Drives a dead letter through the pipeline again, as if it arrived now, in one transaction. What the ledger has
 * counted already is not counted again. If a part of it is still refused, the rest counts and the dead letter stays,
 * with the reason of today.
 *
 * @returns undefined if there is no such dead letter, or it has been counted already
 * @throws TashikaError STORE_OF_OTHER_WINDOWS if the store's windows are counted another way; for a dead letter that is
 *   sealed SEALED_UNREADABLE, and as `Opening`, and SEALING_OFF where this process would store its values in clear
 */
export async function redrive(
  store: Store,
  deadLetterId: number,
  now: Timestamp,
  configuration: RedriveConfiguration,
): Promise<Redriven | undefined> {
  const letter = await readDeadLetter(store, deadLetterId, configuration.opening);
  if (!letter) return undefined;
  if (letter.sealed && !configuration.sealing)
    throw new TashikaError(
      'SEALING_OFF',
      'The dead letter is sealed, and this process seals nothing: its values would be stored in clear. Set sealing.fields as the workers have it.',
    );
  for (let attempt = 1; ; attempt++) {
    try {
      return await redriveOnce(store, letter, now, configuration);
    } catch (error) {
      const fault = faultOf(error);
      if (fault === 'data') return refusedByStore(store, deadLetterId, error);
      if (fault !== 'conflict' || attempt === MOST_ATTEMPTS) throw error;
    }
  }
}

/** What the database cannot store stays a dead letter, as it does when it arrives. */
async function refusedByStore(store: Store, deadLetterId: number, error: unknown): Promise<Redriven> {
  const refusal: Refusal = { reason: 'invalid-value', detail: `The database refuses it: ${messageOf(error)}` };
  await updateRefusal(store, deadLetterId, refusal);
  return { outcome: 'still-refused', ...refusal };
}

function redriveOnce(
  store: Store,
  letter: StoredDeadLetter,
  now: Timestamp,
  configuration: RedriveConfiguration,
): Promise<Redriven | undefined> {
  const policy = policyOf(configuration.windows);
  return store.transaction(async (transaction) => {
    if (!(await lockDeadLetter(transaction, letter.id))) return undefined;
    await agreeOnWindows(transaction, policy);
    const partition = await lockPartitionOf(transaction, letter);
    const event = withSealed(openEvent(letter.arrived), configuration.sealing);
    const entries = await lockEntries(transaction, streamsOf([event]), now);
    function count(combined: Watermark) {
      const tally = new Tally(entries, policy, combined, configuration.windowsKeptMs);
      const outcome = tally.add(event, {
        arrivedAt: now,
        watermark: partition.watermark,
        firstArrivedAt: event.arrived.enqueuedAt,
      });
      return { tally, outcome, windows: tally.windows.sorted() };
    }
    let counted = count(null);
    await saveEntries(transaction, counted.tally.changedEntries(), now);
    await saveSightings(transaction, counted.tally.sightings, configuration.sealing);
    await addValues(transaction, counted.windows);
    const watermark = await takeTurn(transaction);
    if (becameFinal(counted.windows, null, watermark, policy)) counted = count(watermark);
    const { outcome, windows } = counted;
    if (partition.key) await addTotals(transaction, partition.key, outcome);
    if (outcome.refusal) await updateRefusal(transaction, letter.id, outcome.refusal);
    else await closeDeadLetter(transaction, letter.id, now);
    await publishChange(transaction, windows);
    if (!outcome.refusal) return { outcome: 'counted' };
    const { reason, detail } = outcome.refusal;
    return { outcome: 'still-refused', reason, detail };
  });
}

/**
 * Locks the row of the partition that the dead letter came from, before the ledger, as a commit does. If the store
 * has no such partition any more, it locks all of them, and their watermark holds: no window that is final by it can
 * be reached then under a policy that revises none.
 */
async function lockPartitionOf(
  transaction: Queryable,
  { hub, namespace, partitionId }: StoredDeadLetter,
): Promise<{ readonly key?: PartitionKey; readonly watermark: Watermark }> {
  const [row] = await transaction.query<{ consumer_group: string; watermark: Date | null }>(
    `SELECT consumer_group, watermark FROM partition WHERE namespace = $1 AND hub = $2 AND partition_id = $3
      ORDER BY consumer_group LIMIT 1 FOR UPDATE`,
    [namespace, hub, partitionId],
  );
  if (row) {
    const key = { namespace, hub, consumerGroup: row.consumer_group, partitionId };
    return { key, watermark: row.watermark?.getTime() ?? null };
  }
  const others = await transaction.query<{ watermark: Date | null }>(
    'SELECT watermark FROM partition ORDER BY partition_id FOR UPDATE',
  );
  return { watermark: combinedWatermark(others.map((other) => other.watermark?.getTime() ?? null)) };
}

interface PartitionKey extends HubAddress {
  readonly partitionId: string;
}

/** The event is one of its partition already; what it brings now is added to that partition's totals. */
async function addTotals(
  transaction: Queryable,
  { namespace, hub, consumerGroup, partitionId }: PartitionKey,
  outcome: EventOutcome,
): Promise<void> {
  await transaction.query(
    `UPDATE partition
        SET readings = readings + $5, duplicates = duplicates + $6, late = late + $7,
            adjusted = adjusted + $8, dropped = dropped + $9
      WHERE namespace = $1 AND hub = $2 AND consumer_group = $3 AND partition_id = $4`,
    [
      namespace,
      hub,
      consumerGroup,
      partitionId,
      outcome.fresh,
      outcome.duplicates,
      outcome.late,
      outcome.adjusted,
      outcome.dropped,
    ],
  );
}

import type { Timestamp } from '@tashika/shared/time';
import type { CloudConfiguration } from '../config/index.ts';
import { lockEntries, saveEntries } from '../ledger/index.ts';
import type { Queryable, Store } from '../store/index.ts';
import { addValues, publishChange, revise, type Watermark } from '../windows/index.ts';
import { streamsOf } from './commit.ts';
import { closeDeadLetter, lockDeadLetter, type StoredDeadLetter, updateRefusal } from './dead-letter.ts';
import { saveSightings } from './device.ts';
import { openEvent, type Refusal } from './event.ts';
import { type EventOutcome, Tally } from './tally.ts';

/** What came of driving a dead letter again. */
export type Redriven = { readonly outcome: 'counted' } | ({ readonly outcome: 'still-refused' } & Refusal);

/**
 * Drives a dead letter through the pipeline again, as if it arrived now, in one transaction. What the ledger has
 * counted already is not counted again. If a part of it is still refused, the rest counts and the dead letter stays,
 * with the reason of today.
 *
 * @returns undefined if there is no such dead letter, or it has been counted already
 */
export function redrive(
  store: Store,
  deadLetterId: number,
  now: Timestamp,
  configuration: Pick<CloudConfiguration, 'windows'>,
): Promise<Redriven | undefined> {
  return store.transaction(async (transaction) => {
    const letter = await lockDeadLetter(transaction, deadLetterId);
    if (!letter) return undefined;
    const event = openEvent(letter.arrived);
    const entries = await lockEntries(transaction, streamsOf([event]), now);
    const state = { watermark: await readWatermark(transaction), tolerances: configuration.windows };
    const tally = new Tally(entries, revise, state);
    const outcome = tally.add(event, now, true);
    const windows = tally.windows.sorted();
    await saveEntries(transaction, tally.changedEntries(), now);
    await saveSightings(transaction, tally.sightings);
    await addValues(transaction, windows);
    await addTotals(transaction, letter, outcome);
    if (outcome.refusal) await updateRefusal(transaction, deadLetterId, outcome.refusal);
    else await closeDeadLetter(transaction, deadLetterId, now);
    await publishChange(transaction, windows);
    return outcome.refusal ? { outcome: 'still-refused', ...outcome.refusal } : { outcome: 'counted' };
  });
}

async function readWatermark(transaction: Queryable): Promise<Watermark> {
  const [row] = await transaction.query<{ watermark: Date | null }>('SELECT watermark FROM watermark');
  return row?.watermark?.getTime() ?? null;
}

/** The event is one of its partition already; what it brings now is added to that partition's totals. */
async function addTotals(transaction: Queryable, letter: StoredDeadLetter, outcome: EventOutcome): Promise<void> {
  await transaction.query(
    `UPDATE partition
        SET readings = readings + $4, duplicates = duplicates + $5, late = late + $6
      WHERE (namespace, hub, consumer_group, partition_id) = (
        SELECT namespace, hub, consumer_group, partition_id FROM partition
         WHERE namespace = $1 AND hub = $2 AND partition_id = $3 ORDER BY consumer_group LIMIT 1)`,
    [letter.namespace, letter.hub, letter.partitionId, outcome.fresh, outcome.duplicates, outcome.late],
  );
}

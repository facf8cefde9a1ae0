import type { Timestamp } from '@tashika/shared/time';
import { type LedgerKey, lockEntries, saveEntries } from '../ledger/index.ts';
import type { Logger, Store } from '../store/index.ts';
import {
  addValues,
  type Policy,
  publishChange,
  revise,
  type Tolerances,
  watermarkAfterEvent,
} from '../windows/index.ts';
import { type DeadLetter, saveDeadLetters } from './dead-letter.ts';
import { saveSightings } from './device.ts';
import type { OpenedEvent } from './event.ts';
import {
  type HubAddress,
  type LockedPartition,
  lockPartitions,
  noTotals,
  type PartitionProgress,
  savePartitions,
} from './partition.ts';
import { Tally, UNKNOWN_IMSI } from './tally.ts';

/** Events of one partition, in the order of the hub, read by `ownerId`. */
export interface Batch {
  readonly partitionId: string;
  readonly ownerId: string;
  readonly events: readonly OpenedEvent[];
  /** Whether its reader started with it at the checkpoint: only then may numbers be missing before its first event. */
  readonly startsAtCheckpoint: boolean;
}

/** What became of a group of batches. */
export interface Committed {
  /** What the commit added, per partition; one that had nothing new is not among them. */
  readonly progress: readonly PartitionProgress[];
  /**
   * Batches of which nothing was committed: another worker owns the partition now, or events are missing between
   * the checkpoint and the batch, which a reader that starts again from the checkpoint will find.
   */
  readonly fencedOff: readonly Batch[];
}

/** What a commit needs beside the events. */
export interface CommitContext {
  readonly hub: HubAddress;
  readonly tolerances: Tolerances;
  readonly logger: Logger;
  /** When the commit runs, for the columns that say so. */
  readonly now: Timestamp;
  readonly policy?: Policy;
}

/**
 * Commits batches of several partitions in one transaction: the fence, the ledger, the windows, the devices, the
 * dead letters and the checkpoint, all or nothing. At most one batch a partition.
 *
 * Nothing is kept between two commits: whatever happens to the process, the next owner starts from the checkpoint,
 * and the ledger knows what was counted.
 */
export function commit(store: Store, batches: readonly Batch[], context: CommitContext): Promise<Committed> {
  return store.transaction(async (transaction) => {
    const { hub, now, tolerances } = context;
    const { partitions, combined } = await lockPartitions(
      transaction,
      hub,
      batches.map((batch) => batch.partitionId),
    );
    const due: { partition: LockedPartition; events: readonly OpenedEvent[] }[] = [];
    const fencedOff: Batch[] = [];
    for (const batch of batches) {
      const partition = partitions.get(batch.partitionId);
      if (partition?.ownerId !== batch.ownerId || leavesGap(batch, partition.position)) fencedOff.push(batch);
      else due.push({ partition, events: afterPosition(batch.events, partition.position) });
    }
    const events = due.flatMap((each) => each.events);
    if (events.length === 0) return { progress: [], fencedOff };

    const entries = await lockEntries(transaction, streamsOf(events), now);
    const tally = new Tally(entries, context.policy ?? revise, { watermark: combined, tolerances });
    const letters: DeadLetter[] = [];
    const progress = due
      .filter((each) => each.events.length > 0)
      .map((each) => advance(each.partition, each.events, tally, letters, context));

    const windows = tally.windows.sorted();
    await saveEntries(transaction, tally.changedEntries(), now);
    await saveSightings(transaction, tally.sightings);
    await addValues(transaction, windows);
    await saveDeadLetters(transaction, hub, letters);
    await savePartitions(transaction, hub, progress, now);
    await publishChange(transaction, windows);
    return { progress, fencedOff };
  });
}

/**
 * The SDK moves on from a batch before its handler is done with it, so a batch can be lost on the way. A reader that
 * has just started from the checkpoint cannot have lost one: if numbers are missing there, the hub has let them go.
 */
function leavesGap(batch: Batch, position: number | null): boolean {
  const first = batch.events[0];
  if (batch.startsAtCheckpoint || !first) return false;
  return position === null || first.arrived.sequenceNumber > position + 1;
}

/** Events up to the position were committed before, perhaps by a commit whose answer was lost. */
function afterPosition(events: readonly OpenedEvent[], position: number | null): readonly OpenedEvent[] {
  const first = events[0];
  if (position === null || !first || first.arrived.sequenceNumber > position) return events;
  return events.filter((event) => event.arrived.sequenceNumber > position);
}

/** The streams that the events name, each once. */
export function streamsOf(events: readonly OpenedEvent[]): LedgerKey[] {
  const streams = new Map<string, LedgerKey>();
  for (const { imsi, post } of events) {
    if (!post || post.stream === null) continue;
    const key = { imsi: imsi ?? UNKNOWN_IMSI, stream: post.stream };
    streams.set(`${key.imsi}/${key.stream}`, key);
  }
  return [...streams.values()];
}

/** Counts a partition's events and answers how far they move it. */
function advance(
  partition: LockedPartition,
  events: readonly OpenedEvent[],
  tally: Tally,
  letters: DeadLetter[],
  { tolerances, logger }: CommitContext,
): PartitionProgress {
  const { partitionId } = partition;
  const totals = noTotals();
  let { position, watermark } = partition;
  for (const event of events) {
    const { arrived, imsi } = event;
    if (position !== null && arrived.sequenceNumber > position + 1) {
      const skipped = arrived.sequenceNumber - position - 1;
      totals.skipped += skipped;
      logger.warn({ partition: partitionId, after: position, skipped }, 'the hub no longer had events that were due');
    }
    const outcome = tally.add(event);
    totals.events++;
    totals.readings += outcome.fresh;
    totals.duplicates += outcome.duplicates;
    totals.late += outcome.late;
    if (outcome.refusal) {
      totals.deadLetters++;
      letters.push({ ...outcome.refusal, partitionId, imsi, arrived });
    }
    watermark = watermarkAfterEvent(watermark, outcome.latestTime, arrived.enqueuedAt, tolerances);
    position = arrived.sequenceNumber;
  }
  const last = events.at(-1)!.arrived;
  return {
    partitionId,
    position: last.sequenceNumber,
    offset: last.offset,
    lastArrival: last.enqueuedAt,
    watermark: watermark!,
    totals,
  };
}

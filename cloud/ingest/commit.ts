import type { Duration, Timestamp } from '@tashika/shared/time';
import { type LedgerEntry, type LedgerKey, lockEntries, saveEntries } from '../ledger/index.ts';
import type { Sealing } from '../sealing/index.ts';
import type { Logger, Store } from '../store/index.ts';
import {
  addValues,
  publishChange,
  takeTurn,
  type Watermark,
  type WindowDelta,
  type WindowPolicy,
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
  type Totals,
} from './partition.ts';
import { type EventOutcome, Tally, UNKNOWN_IMSI } from './tally.ts';

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
  readonly policy: WindowPolicy;
  readonly logger: Logger;
  /** When the commit runs, for the columns that say so. */
  readonly now: Timestamp;
  /** How long windows are kept; readings older than that on arrival are not counted. For ever, if absent. */
  readonly windowsKeptMs?: Duration | undefined;
  /** What seals chosen values; without it all is stored in clear. */
  readonly sealing?: Sealing | undefined;
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
    const { hub, policy, now, sealing } = context;
    const { partitions, combined } = await lockPartitions(
      transaction,
      hub,
      batches.map((batch) => batch.partitionId),
    );
    const due: Due[] = [];
    const fencedOff: Batch[] = [];
    for (const batch of batches) {
      const partition = partitions.get(batch.partitionId);
      if (partition?.ownerId !== batch.ownerId || leavesGap(batch, partition.position)) fencedOff.push(batch);
      else {
        const events = afterPosition(batch.events, partition.position);
        if (events.length > 0) due.push({ partition, events });
      }
    }
    if (due.length === 0) return { progress: [], fencedOff };

    const entries = await lockEntries(transaction, streamsOf(due.flatMap((each) => each.events)), now);
    let counted = count(due, entries, combined, context);
    await saveEntries(transaction, counted.tally.changedEntries(), now);
    await saveSightings(transaction, counted.tally.sightings, sealing);
    await addValues(transaction, counted.windows);
    await saveDeadLetters(transaction, hub, counted.letters, sealing);
    const watermark = await takeTurn(transaction);
    // Only what is late can come out differently, and nothing of that has been written yet.
    if (becameFinal(counted.windows, combined, watermark, policy)) counted = count(due, entries, watermark, context);
    await savePartitions(transaction, hub, counted.progress, now);
    await publishChange(transaction, counted.windows);
    for (const each of due) warnOfSkipped(each, context.logger);
    return { progress: counted.progress, fencedOff };
  });
}

/** What of a batch is new to its partition. */
interface Due {
  readonly partition: LockedPartition;
  readonly events: readonly OpenedEvent[];
}

/** What the events that are due come to, on the ledger's entries of their streams. */
interface Counted {
  readonly tally: Tally;
  readonly windows: readonly WindowDelta[];
  readonly letters: readonly DeadLetter[];
  readonly progress: readonly PartitionProgress[];
}

function count(
  due: readonly Due[],
  entries: readonly LedgerEntry[],
  combined: Watermark,
  { policy, windowsKeptMs }: CommitContext,
): Counted {
  const tally = new Tally(entries, policy, combined, windowsKeptMs);
  const letters: DeadLetter[] = [];
  const progress = due.map((each) => advance(each, tally, letters, policy));
  return { tally, windows: tally.windows.sorted(), letters, progress };
}

/** Whether one of the windows became final (or open again) when the combined watermark moved. */
export function becameFinal(
  windows: readonly WindowDelta[],
  before: Watermark,
  after: Watermark,
  policy: WindowPolicy,
): boolean {
  return windows.some(({ windowEnd }) => policy.isFinal(windowEnd, before) !== policy.isFinal(windowEnd, after));
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

/** The streams that the events tell something of, each once: a post without readings, held and lost tells nothing. */
export function streamsOf(events: readonly OpenedEvent[]): LedgerKey[] {
  const seen = new Map<string, Set<string>>();
  const streams: LedgerKey[] = [];
  for (const { imsi: named, post } of events) {
    if (!post || post.stream === null) continue;
    const { stream, readings, held, lost } = post;
    if (readings.length === 0 && held === null && lost.length === 0) continue;
    const imsi = named ?? UNKNOWN_IMSI;
    const ofDevice = seen.get(imsi);
    if (ofDevice?.has(stream)) continue;
    if (ofDevice) ofDevice.add(stream);
    else seen.set(imsi, new Set([stream]));
    streams.push({ imsi, stream });
  }
  return streams;
}

/** Counts a partition's events and answers how far they move it. */
function advance(
  { partition, events }: Due,
  tally: Tally,
  letters: DeadLetter[],
  policy: WindowPolicy,
): PartitionProgress {
  const { partitionId } = partition;
  const totals = noTotals();
  let { position, watermark } = partition;
  for (const event of events) {
    const { arrived, imsi } = event;
    totals.skipped += skippedBefore(event, position);
    const outcome = tally.add(event, { arrivedAt: arrived.enqueuedAt, watermark });
    addOutcome(totals, outcome);
    if (outcome.refusal) letters.push({ ...outcome.refusal, partitionId, imsi, arrived });
    watermark = policy.watermarkAfterEvent(watermark, outcome.latestTime, arrived.enqueuedAt);
    position = arrived.sequenceNumber;
  }
  const last = events.at(-1)!.arrived;
  return {
    partitionId,
    position: last.sequenceNumber,
    offset: last.offset,
    lastArrival: last.enqueuedAt,
    watermark,
    totals,
  };
}

function addOutcome(totals: Totals, outcome: EventOutcome): void {
  const { refusal } = outcome;
  totals.events++;
  totals.readings += outcome.fresh;
  totals.duplicates += outcome.duplicates;
  totals.late += outcome.late;
  totals.adjusted += outcome.adjusted;
  totals.dropped += outcome.dropped;
  if (outcome.isLateInput) totals.lateInput++;
  if (outcome.isOutOfOrder) totals.outOfOrder++;
  if (refusal) totals.deadLetters++;
  if (refusal?.reason === 'event-too-early') totals.earlyInput++;
  else if (refusal && refusal.reason !== 'event-too-old') totals.deserializationErrors++;
}

/** Events that are missing between the position and the event; the hub has let them go. */
function skippedBefore({ arrived }: OpenedEvent, position: number | null): number {
  return position === null ? 0 : Math.max(0, arrived.sequenceNumber - position - 1);
}

function warnOfSkipped({ partition, events }: Due, logger: Logger): void {
  let { position } = partition;
  for (const event of events) {
    const skipped = skippedBefore(event, position);
    if (skipped > 0) {
      const fields = { partition: partition.partitionId, after: position, skipped };
      logger.warn(fields, 'the hub no longer had events that were due');
    }
    position = event.arrived.sequenceNumber;
  }
}

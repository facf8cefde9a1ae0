import { messageOf, TashikaError } from '@tashika/shared/errors';
import type { Clock, Duration } from '@tashika/shared/time';
import type { Sealing } from '../sealing/index.ts';
import { type Fault, faultOf, type Logger, type Store } from '../store/index.ts';
import type { WindowPolicy } from '../windows/index.ts';
import { type Batch, type Committed, commit } from './commit.ts';
import { type ArrivedEvent, type OpenedEvent, openEvent, refuse, withSealed } from './event.ts';
import type { HubAddress, PartitionProgress } from './partition.ts';

/** Events of one partition as a worker has read them. */
export interface ReadBatch {
  readonly partitionId: string;
  readonly ownerId: string;
  readonly events: readonly ArrivedEvent[];
  /** Whether a pump starts with it at the checkpoint: only then may numbers be missing before its first event. */
  readonly startsAtCheckpoint: boolean;
}

export interface GroupCommitOptions {
  readonly store: Store;
  readonly hub: HubAddress;
  readonly policy: WindowPolicy;
  /** How long windows are kept; for ever, if absent. */
  readonly windowsKeptMs?: Duration | undefined;
  /** What seals chosen values; without it all is stored in clear. */
  readonly sealing?: Sealing | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called after each commit with what it added. */
  readonly onCommitted?: (progress: readonly PartitionProgress[], durationMs: number) => void;
  /** Called after each commit that failed and will be tried again or taken apart. */
  readonly onFailed?: (fault: Fault) => void;
}

interface Waiting {
  readonly batch: ReadBatch;
  /** Events of the batch that have been committed. */
  done: number;
  resolve(): void;
  reject(error: unknown): void;
}

/** Batches of one partition that follow on each other: they are committed as one. */
interface Run {
  readonly partitionId: string;
  readonly waiting: Waiting[];
}

/** Most bytes of bodies that are opened for one transaction: a body of JSON takes many times its size in memory. */
const MOST_BYTES = 8 * 1024 * 1024;
const FIRST_RETRY_MS = 50;
const LONGEST_RETRY_MS = 5000;
/** Failures of a store that is there or not: from then on the group itself may be what it cannot do in time. */
const FAILURES_UNTIL_SMALLER = 3;

/**
 * Commits what the partitions of this process have read, in groups: whatever waits when a transaction ends goes into
 * the next one, so that one flush to the disk serves all. It tries until the commit stands; only the loss of the
 * partition ends a batch otherwise.
 */
export class GroupCommit {
  readonly #options: GroupCommitOptions;
  readonly #waiting: Waiting[] = [];
  readonly #stopped = new AbortController();
  #running: Promise<void> | undefined;
  /** The part of each batch that a group takes, as its divisor: doubled when a commit keeps failing, halved when one stands. */
  #divisor = 1;
  #retryMs = FIRST_RETRY_MS;

  constructor(options: GroupCommitOptions) {
    this.#options = options;
  }

  /**
   * Resolves when all events of the batch are committed, each of them counted or kept as a dead letter.
   *
   * @throws TashikaError OWNERSHIP_LOST when another worker owns the partition now, or when the batch does not follow
   *   on the checkpoint: the reader has to start again from there
   */
  submit(batch: ReadBatch): Promise<void> {
    if (batch.events.length === 0) return Promise.resolve();
    if (this.#stopped.signal.aborted) return Promise.reject(this.#stopped.signal.reason);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ batch, done: 0, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** Waits until everything submitted is committed, at most `withinMs`; gives the rest up and takes no more. */
  async close(withinMs: Duration): Promise<void> {
    const patience = new AbortController();
    const deadline = this.#options.clock.sleep(withinMs, patience.signal).catch(() => {});
    await Promise.race([this.#running, deadline]);
    patience.abort();
    this.#stop();
  }

  #stop(): void {
    this.#stopped.abort(new TashikaError('OWNERSHIP_LOST', 'the worker is stopping'));
  }

  async #run(): Promise<void> {
    // Batches that become ready in the same turn of the event loop share the transaction.
    await Promise.resolve();
    while (this.#waiting.length > 0) await this.#commitGroup(this.#nextGroup());
    this.#running = undefined;
  }

  /** The first batch of each partition that waits, and those that follow on it. */
  #nextGroup(): Run[] {
    const runs = new Map<string, Run>();
    const ended = new Set<Run>();
    for (const waiting of this.#waiting) {
      const { partitionId } = waiting.batch;
      const run = runs.get(partitionId);
      if (!run) runs.set(partitionId, { partitionId, waiting: [waiting] });
      else if (!ended.has(run) && followsOn(waiting.batch, run.waiting.at(-1)!.batch)) run.waiting.push(waiting);
      else ended.add(run);
    }
    return [...runs.values()];
  }

  async #commitGroup(group: readonly Run[]): Promise<void> {
    const batches = sliceOf(group, this.#divisor, this.#options.sealing);
    try {
      await this.#commitOrIsolate(batches, group);
    } catch (error) {
      if (error instanceof TooLarge) {
        // What of it has been committed after all is passed over the next time.
        this.#divisor *= 2;
        return;
      }
      for (const run of group) this.#finish(run, error);
      return;
    }
    for (const [index, run] of group.entries()) this.#advance(run, batches[index]!.events.length);
  }

  /** Counts the events of a run that have been committed as done, and ends the batches that they complete. */
  #advance(run: Run, events: number): void {
    let rest = events;
    for (const waiting of run.waiting) {
      const done = Math.min(rest, waiting.batch.events.length - waiting.done);
      waiting.done += done;
      rest -= done;
      if (waiting.done === waiting.batch.events.length) this.#remove(waiting)?.resolve();
    }
  }

  /** Commits batches together; when something in them cannot be stored, takes them apart until it stands alone. */
  async #commitOrIsolate(batches: readonly Batch[], group: readonly Run[]): Promise<void> {
    try {
      const committed = await this.#commitWithRetries(batches);
      for (const batch of committed.fencedOff) this.#fenceOff(batch, group);
    } catch (error) {
      if (error instanceof TooLarge || this.#stopped.signal.aborted || faultOf(error) !== 'data') throw error;
      this.#options.logger.warn(
        { batches: batches.length, events: count(batches), error: messageOf(error) },
        'a commit was refused for its data; taking it apart',
      );
      for (const part of apart(batches, error)) await this.#commitOrIsolate(part, group);
    }
  }

  async #commitWithRetries(batches: readonly Batch[]): Promise<Committed> {
    const { store, clock, logger, onCommitted, onFailed } = this.#options;
    for (let failures = 0; ; ) {
      const started = clock.monotonic();
      try {
        const committed = await commit(store, batches, { ...this.#options, now: clock.now() });
        this.#retryMs = FIRST_RETRY_MS;
        this.#divisor = Math.max(1, this.#divisor / 2);
        onCommitted?.(committed.progress, clock.monotonic() - started);
        return committed;
      } catch (error) {
        const fault = faultOf(error);
        onFailed?.(fault);
        if (fault === 'data') throw error;
        const retryMs = this.#retryMs;
        this.#retryMs = Math.min(2 * retryMs, LONGEST_RETRY_MS);
        const log = { fault, error: messageOf(error), retryMs, events: count(batches) };
        if (fault === 'conflict') logger.debug(log, 'a commit met another one; trying again');
        else logger.warn(log, 'a commit failed; trying again');
        await clock.sleep(retryMs, this.#stopped.signal);
        if (fault === 'unavailable') failures++;
        if (failures >= FAILURES_UNTIL_SMALLER && batches.some(({ events }) => events.length > 1)) throw new TooLarge();
      }
    }
  }

  #fenceOff(batch: Batch, group: readonly Run[]): void {
    const run = group.find(({ partitionId }) => partitionId === batch.partitionId);
    if (!run) return;
    const sentence = `partition ${batch.partitionId} is no longer read by ${batch.ownerId}`;
    this.#finish(run, new TashikaError('OWNERSHIP_LOST', sentence));
  }

  #finish(run: Run, error: unknown): void {
    for (const waiting of run.waiting) this.#remove(waiting)?.reject(error);
  }

  /** Undefined if it has been ended before. */
  #remove(waiting: Waiting): Waiting | undefined {
    const index = this.#waiting.indexOf(waiting);
    return index < 0 ? undefined : this.#waiting.splice(index, 1)[0];
  }
}

/**
 * Whether nothing can be missing between two batches. If numbers are, the second one is held against the checkpoint
 * by itself: inside of a batch they would pass for events that the hub has let go.
 */
function followsOn(batch: ReadBatch, before: ReadBatch): boolean {
  return (
    !batch.startsAtCheckpoint &&
    batch.ownerId === before.ownerId &&
    batch.events[0]!.sequenceNumber === before.events.at(-1)!.sequenceNumber + 1
  );
}

/** The group failed so often that its size may be why: it is to be tried in smaller parts. */
class TooLarge extends Error {}

/** The next part of each run, opened, within the bytes that one transaction may have. */
function sliceOf(group: readonly Run[], divisor: number, sealing: Sealing | undefined): Batch[] {
  const share = MOST_BYTES / group.length;
  return group.map(({ partitionId, waiting }) => {
    const all = waiting.reduce((sum, { batch }) => sum + batch.events.length, 0);
    const most = Math.max(1, Math.floor(all / divisor));
    const { batch, done } = waiting[0]!;
    const startsAtCheckpoint = batch.startsAtCheckpoint && done === 0;
    const events = openSome(waiting, most, share, sealing);
    return { partitionId, ownerId: batch.ownerId, events, startsAtCheckpoint };
  });
}

/** Opens the next `most` events that are not done, as long as their bodies are fewer than `mostBytes`; at least one. */
function openSome(
  waiting: readonly Waiting[],
  most: number,
  mostBytes: number,
  sealing: Sealing | undefined,
): OpenedEvent[] {
  const events: OpenedEvent[] = [];
  let bytes = 0;
  for (const { batch, done } of waiting)
    for (let index = done; index < batch.events.length; index++) {
      if (events.length > 0 && (events.length >= most || bytes >= mostBytes)) return events;
      const arrived = batch.events[index]!;
      bytes += arrived.body.byteLength;
      events.push(withSealed(openEvent(arrived), sealing));
    }
  return events;
}

/** Smaller groups that together are `batches`, in order; a single event comes back as a dead letter. */
function apart(batches: readonly Batch[], error: unknown): readonly (readonly Batch[])[] {
  if (batches.length > 1) return batches.map((batch) => [batch]);
  const batch = batches[0]!;
  if (batch.events.length > 1) {
    const middle = batch.events.length >> 1;
    return [
      [{ ...batch, events: batch.events.slice(0, middle) }],
      [{ ...batch, events: batch.events.slice(middle), startsAtCheckpoint: false }],
    ];
  }
  const [event] = batch.events;
  if (!event?.post) throw error; // nothing left of it but bytes, and those can always be kept
  const refusal = { reason: 'invalid-value', detail: `The database refuses it: ${messageOf(error)}` } as const;
  return [[{ ...batch, events: [{ ...refuse(event.arrived, refusal), imsi: event.imsi }] }]];
}

function count(batches: readonly Batch[]): number {
  return batches.reduce((sum, batch) => sum + batch.events.length, 0);
}

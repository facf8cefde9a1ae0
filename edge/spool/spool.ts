import { TashikaError } from '@tashika/shared/errors';
import { count, type SequenceRanges } from '@tashika/shared/sequence';
import type { Duration, TimerHandle } from '@tashika/shared/time';
import type { Batch, BatchLimit } from './batch.ts';
import { Change } from './change.ts';
import { DiskCondition } from './disk-condition.ts';
import type { Fate } from './group.ts';
import { Lane } from './lane.ts';
import { LiveMark } from './live-mark.ts';
import { MemoryQueue } from './memory-queue.ts';
import type { SpoolFigures, SpoolOptions } from './options.ts';
import { type Numbering, Outlet } from './outlet.ts';
import { covers, type Receipt, settled } from './progress.ts';
import type { Reading } from './reading.ts';
import { checksumSeed, recordBytes } from './record.ts';
import type { LossReason, Reporter } from './report.ts';
import { Room } from './room.ts';
import { Shelf } from './shelf.ts';
import type { StreamLog } from './stream-log.ts';

/**
 * How long the acknowledged position may be behind on the disk: what is sent twice after a crash, no more. Each save
 * costs a card a whole block.
 */
const SAVE_AFTER: Duration = 5_000;
/** How often a disk that refuses is tried again. */
const RETRY_AFTER: Duration = 1_000;
const GROUP_BYTES = 65_536;
const A_WEEK: Duration = 604_800_000;
const MOST_SWEEP_PAUSE: Duration = 60_000;

/** A stream of which the link has accepted what the cloud has not confirmed. */
export interface Unconfirmed {
  readonly stream: string;
  /** Readings, without the losses that wait for confirmation too. */
  readonly readings: number;
  /** Their numbers. */
  readonly sent: SequenceRanges;
  /** Losses that were told. */
  readonly told: SequenceRanges;
  /** The highest number that the cloud should know of. */
  readonly through: number;
  /** The highest number that was ever given out. */
  readonly last: number;
}

/**
 * Numbers readings from 1 without gaps and keeps them, durably and in order, until they are acknowledged. Only a
 * reading that is durable is handed out, because what was sent must not be forgotten: its number would be used again.
 */
export class Spool {
  readonly #options: SpoolOptions;
  readonly #shelf: Shelf;
  readonly #memory: MemoryQueue;
  readonly #lane = new Lane();
  readonly #numbering: Numbering;
  readonly #outlet: Outlet;
  readonly #room: Room;
  readonly #disk: DiskCondition;
  #flushTimer: TimerHandle | undefined;
  #saveTimer: TimerHandle | undefined;
  #flushWaits = false;
  #closed = false;
  #appended = 0;
  readonly #tally: { lost: number };
  readonly #change = new Change();
  readonly #liveMark: LiveMark;
  /** When segments are next looked at for their age; monotonic. */
  #sweepAt: Duration = 0;

  private constructor(options: SpoolOptions, shelf: Shelf, tally: { lost: number }) {
    this.#options = options;
    this.#shelf = shelf;
    this.#tally = tally;
    this.#numbering = { last: shelf.newest.last, readableInMemory: 0, turnedAway: [] };
    this.#liveMark = new LiveMark(this.#numbering.last, options.liveMs ?? 60_000);
    this.#memory = new MemoryQueue({
      seed: checksumSeed(shelf.newest.stream),
      bootId: options.bootId,
      groupBytes: Math.min(GROUP_BYTES, Math.ceil(options.memoryBytes / 8)),
    });
    this.#room = new Room(options, shelf, this.#memory);
    this.#disk = new DiskCondition(options);
    this.#outlet = new Outlet({
      options: { ...options, unconfirmedMs: options.unconfirmedMs ?? A_WEEK },
      shelf,
      memory: this.#memory,
      numbering: this.#numbering,
      liveMark: this.#liveMark,
      lossesSaved: (log) => this.#lossesSaved(log),
    });
    // A process that ended while the disk refused left the numbering in the state; put it back into the segments.
    if (shelf.newest.inMemory) this.#flushIn(0);
    if (shelf.logs.some((log) => log.unsaved)) this.#saveSoon();
  }

  /**
   * Opens the spool as whatever ended the last process left it. Memory and time do not grow with what it holds.
   * Rejects with the system's error when the disk can't be read or written.
   */
  static async open(options: SpoolOptions): Promise<Spool> {
    const tally = { lost: 0 };
    const report: Reporter = (each) => {
      if (each.kind === 'lost') tally.lost += count(each.ranges);
      options.report(each);
    };
    return new Spool(
      { ...options, report },
      await Shelf.open({
        ...options,
        keep: options.keepUntilConfirmed ?? false,
        keepEvery: options.policy === 'thin-out' ? (options.keepEvery ?? 2) : undefined,
        unconfirmedBytes: options.unconfirmedBytes ?? options.maxBytes / 4,
        unconfirmedMs: options.unconfirmedMs ?? A_WEEK,
        report,
      }),
      tally,
    );
  }

  get figures(): SpoolFigures {
    return {
      stream: this.#shelf.newest.stream,
      appended: this.#appended,
      lost: this.#tally.lost,
      held: this.#shelf.logs.reduce((sum, log) => sum + this.#outlet.neverPosted(log, 0), 0),
      unconfirmed: this.unconfirmed.reduce((sum, { readings }) => sum + readings, 0),
      again: this.#shelf.logs.reduce((sum, { progress }) => sum + count(progress.again), 0),
      unconfirmedBytes: this.#shelf.sentBytes,
      newer: this.#shelf.newer,
      diskBytes: this.#shelf.bytes + this.#shelf.setAsideBytes,
      memoryBytes: this.#memory.bytes,
      diskRefuses: this.#disk.refuses,
      writeBudgetSpent: this.#disk.writeBudgetSpent,
    };
  }

  /**
   * Numbers a reading and takes it in. Resolves when it is durable, or with what else became of it. The reading must
   * have passed `refusalOf`.
   *
   * @throws TashikaError `SPOOL_CLOSED`
   */
  append(reading: Reading): Promise<Fate> {
    if (this.#closed) throw new TashikaError('SPOOL_CLOSED', 'The spool is closed and takes no more readings.');
    const sequence = ++this.#numbering.last;
    this.#appended++;
    if (!this.#room.inMemory(recordBytes(reading))) {
      this.#turnAway(sequence);
      return Promise.resolve('lost');
    }
    const { settled, closed } = this.#memory.add(sequence, reading);
    if (closed || this.#memory.filling >= this.#options.fsyncReadings) this.#flushNow();
    else this.#flushIn(this.#options.fsyncMs);
    return settled;
  }

  /** Resolves when there may be more to read than before; take it before reading, and no change is missed. */
  get changed(): Promise<void> {
    return this.#change.next;
  }

  /**
   * What is to be sent next; the same again until it is acknowledged, unless the order is `live-first` and something
   * was taken meanwhile. In order, that is the oldest number of the oldest stream that the link does not have; with
   * `live-first`, what is live goes before. `undefined` when there is nothing. Rejects with the system's error when the
   * disk can't be read now; try again later.
   */
  read(limit: BatchLimit): Promise<Batch | undefined> {
    return this.#lane.run(() => this.#outlet.next(limit));
  }

  /** The link has taken the batch; its readings and the losses that it told are done with. */
  acknowledge(batch: Batch): Promise<void> {
    return this.#lane.run(async () => {
      const last = batch.first + batch.readings.length - 1;
      const log = this.#logOf(batch);
      log?.acknowledge(batch.first, last, batch.lost);
      if (log) this.#forgetInMemory(log);
      this.#saveSoon();
    });
  }

  /**
   * What the cloud says of a stream: what it has is freed, and what it lacks is read again, or told as lost where the
   * disk no longer has it. At most 64 ranges wait to be read again at once; further ones are for a further receipt. What
   * a receipt says of numbers that were not sent, or that the link took only after the receipt was made, must be left
   * out by the caller, or costs sending twice, never a loss. A stream that is not here is passed over.
   */
  confirm(receipt: Receipt): Promise<void> {
    return this.#lane.run(async () => {
      const log = this.#shelf.logs.find(({ stream }) => stream === receipt.stream);
      if (!log) return;
      log.confirm(receipt);
      await this.#lossesSaved(log);
      this.#saveSoon();
      this.#change.emit();
    });
  }

  /** Streams that a receipt would be news for, oldest first; none without `keepUntilConfirmed`. */
  get unconfirmed(): readonly Unconfirmed[] {
    return this.#shelf.logs
      .filter((log) => log.unconfirmed)
      .map(({ stream, progress: { sent, told }, knownThrough, last }) => ({
        stream,
        readings: count(sent),
        sent,
        told,
        through: knownThrough,
        last,
      }));
  }

  /** The batch can't ever be sent: its readings are lost, and the cloud will be told. */
  giveUp(batch: Batch, why: LossReason): Promise<void> {
    return this.#lane.run(async () => {
      const log = this.#logOf(batch);
      log?.giveUp([[batch.first, batch.first + batch.readings.length - 1]], why);
      if (!log) return;
      this.#forgetInMemory(log);
      await this.#lossesSaved(log);
    });
  }

  /** Forces everything taken in so far onto the disk, or as near to it as the disk allows. */
  flush(): Promise<void> {
    this.#flushTimer?.cancel();
    this.#flushTimer = undefined;
    return this.#lane.run(() => this.#flush());
  }

  /** Flushes and closes; idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.flush();
    this.#flushTimer?.cancel();
    this.#saveTimer?.cancel();
    await this.#lane.run(async () => {
      await this.#shelf.save(this.#options.clock.monotonic()).catch((error) => this.#disk.refused(error));
      await this.#shelf.close();
    });
  }

  #turnAway(sequence: number): void {
    const previous = this.#numbering.turnedAway.at(-1);
    if (previous?.[1] === sequence - 1)
      this.#numbering.turnedAway[this.#numbering.turnedAway.length - 1] = [previous[0], sequence];
    else this.#numbering.turnedAway.push([sequence, sequence]);
    this.#flushIn(this.#options.fsyncMs);
  }

  #flushIn(delayMs: Duration): void {
    this.#flushTimer ??= this.#options.clock.after(delayMs, () => {
      this.#flushTimer = undefined;
      this.#flushNow();
    });
  }

  #flushNow(): void {
    // While the disk refuses, its retry is the timer's business: readings must not turn into a storm of failing writes.
    if (this.#flushWaits || (this.#disk.refuses && this.#flushTimer)) return;
    this.#flushWaits = true;
    void this.flush();
  }

  async #flush(): Promise<void> {
    this.#flushWaits = false;
    this.#memory.close();
    const last = this.#numbering.last;
    this.#liveMark.note(last, this.#options.clock.monotonic());
    const log = this.#shelf.newest;
    const turnedAway = this.#numbering.turnedAway;
    this.#numbering.turnedAway = [];
    log.giveUp(turnedAway, this.#disk.refuses ? 'memory-full' : 'spool-full');
    try {
      const refusal = await this.#memory.drain((group) => this.#room.write(group));
      if (refusal !== undefined) throw refusal;
      await log.unreserve(last);
      await this.#dropTooOld();
      for (const each of this.#shelf.logs) if (each.lossesUnsaved) await each.save();
      this.#disk.accepted();
    } catch (error) {
      this.#disk.refused(error);
      await this.#keepInMemory(log, last);
    }
    this.#disk.watchWrites();
    this.#change.emit();
  }

  /** Looks for segments that are too old, now and then. */
  async #dropTooOld(): Promise<void> {
    const { clock, maxAgeMs } = this.#options;
    const now = clock.monotonic();
    if (maxAgeMs === undefined || now < this.#sweepAt) return;
    this.#sweepAt = now + Math.min(MOST_SWEEP_PAUSE, maxAgeMs / 8);
    await this.#shelf.dropTooOld(this.#outlet.tooOld());
  }

  /** Numbers that are durably known to be given out may be sent although their readings are only in memory. */
  async #keepInMemory(log: StreamLog, last: number): Promise<void> {
    try {
      await log.reserve(last);
      this.#numbering.readableInMemory = last;
      this.#memory.settleInMemory();
    } catch {
      // Not even the state can be written; what is in memory waits until it can.
    }
    if (!this.#closed) this.#flushIn(RETRY_AFTER);
  }

  /** Whether all losses of a stream are durable; where the disk refuses, they are tried again later. */
  async #lossesSaved(log: StreamLog): Promise<boolean> {
    if (!log.lossesUnsaved) return true;
    try {
      await log.save();
    } catch (error) {
      this.#disk.refused(error);
      if (!this.#closed) this.#flushIn(RETRY_AFTER);
    }
    return !log.lossesUnsaved;
  }

  #saveSoon(): void {
    if (this.#closed) return;
    this.#saveTimer ??= this.#options.clock.after(SAVE_AFTER, () => {
      this.#saveTimer = undefined;
      void this.#lane
        .run(() => this.#shelf.save(this.#options.clock.monotonic()))
        .catch((error) => {
          this.#disk.refused(error);
          this.#saveSoon();
          this.#flushIn(RETRY_AFTER);
        });
    });
  }

  #forgetInMemory(log: StreamLog): void {
    if (log !== this.#shelf.newest) return;
    const done = settled(log.progress);
    this.#memory.forget((range) => covers(done, range));
  }

  #logOf(batch: Batch): StreamLog | undefined {
    return this.#shelf.logs.find(({ stream }) => stream === batch.stream);
  }
}

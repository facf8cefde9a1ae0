import { mkdir, readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { isTashikaError, messageOf, TashikaError } from '@tashika/shared/errors';
import type { Clock, Duration } from '@tashika/shared/time';
import { encodeGroup, type PendingAppend, takeGroup } from './append-group.ts';
import type { EventPlace, NewEvent } from './record.ts';
import { recoverSegment, type TornTail } from './recovery.ts';
import { type Damage, parseSegmentName, Segment, type SegmentBase, segmentName } from './segment.ts';
import { type OpenSegmentFile, openSegmentFile } from './segment-file.ts';
import { type LogRun, readSegment, recordsOf } from './segment-reader.ts';
import { Tail } from './tail.ts';

/** How long and how much a partition keeps. Whole segments go, the oldest first, never the newest. */
export interface Retention {
  readonly maxAgeMs: Duration;
  /** Bytes for each partition. */
  readonly maxBytes: number;
}

export interface PartitionLogOptions {
  readonly directory: string;
  readonly retention: Retention;
  readonly clock: Clock;
  /** Force every append to the disk before it is acknowledged: survives a power cut, not only a kill. */
  readonly fsync?: boolean;
  /** A segment is closed when it has reached this size. Default: an eighth of `retention.maxBytes`, 64 MiB at most. */
  readonly segmentBytes?: number;
  readonly openFile?: OpenSegmentFile;
  /** Told of damage that was not there when the log was opened. */
  readonly onDamage?: (damage: Damage) => void;
}

/** What opening the log found. */
export interface LogRecovery {
  readonly events: number;
  readonly beginSequenceNumber: number;
  readonly nextSequenceNumber: number;
  readonly damage: readonly Damage[];
  readonly tornTail?: TornTail;
}

const TAIL_BYTES = 512 * 1024;

/**
 * The durable log of one partition: appends are written in groups and acknowledged when the operating
 * system has them, so a killed process loses nothing that it acknowledged.
 *
 * An offset is a place in the partition's endless byte stream: file names carry the offset at which
 * their segment begins, so an offset leads straight to its record and stays valid for good.
 */
export class PartitionLog {
  readonly #options: PartitionLogOptions;
  readonly #segments: Segment[];
  readonly #tail = new Tail(TAIL_BYTES);
  readonly #listeners = new Set<() => void>();
  readonly #segmentBytes: number;
  #queue: PendingAppend[] = [];
  #writing: Promise<void> | undefined;
  #changing: Promise<void> = Promise.resolve();
  #nextSequenceNumber: number;
  #lastEnqueued: EventPlace | undefined;
  /** Bytes behind the end that a failed write may have left in the file. */
  #unclean = false;
  #closed = false;

  private constructor(options: PartitionLogOptions, segments: Segment[], nextSequenceNumber: number) {
    this.#options = options;
    this.#segments = segments;
    this.#segmentBytes = options.segmentBytes ?? Math.min(64 * 1024 * 1024, Math.ceil(options.retention.maxBytes / 8));
    this.#nextSequenceNumber = nextSequenceNumber;
    this.#lastEnqueued = segments.findLast((segment) => segment.last)?.last;
  }

  /** Opens the log in its directory, or makes it; checks every record that is there. */
  static async open(options: PartitionLogOptions): Promise<{ log: PartitionLog; recovery: LogRecovery }> {
    const { directory, openFile = openSegmentFile } = options;
    await mkdir(directory, { recursive: true });
    const bases = (await readdir(directory))
      .map(parseSegmentName)
      .filter((base): base is SegmentBase => base !== undefined)
      .sort((a, b) => a.offset - b.offset || a.sequenceNumber - b.sequenceNumber);
    const create = bases.length === 0;
    if (create) bases.push({ sequenceNumber: 0, offset: 0 });
    const segments: Segment[] = [];
    let events = 0;
    let next = bases[0]!.sequenceNumber;
    let tornTail: TornTail | undefined;
    try {
      for (const [index, base] of bases.entries()) {
        const file = await openFile(join(directory, segmentName(base)), { create });
        const segment = new Segment(directory, base, file);
        segments.push(segment);
        const recovered = await recoverSegment(segment, bases[index + 1]);
        events += recovered.events;
        next = recovered.nextSequenceNumber;
        tornTail = recovered.tornTail;
      }
    } catch (error) {
      await Promise.allSettled(segments.map((segment) => segment.file.close()));
      throw error;
    }
    const log = new PartitionLog(options, segments, next);
    const recovery: LogRecovery = {
      events,
      beginSequenceNumber: log.beginSequenceNumber,
      nextSequenceNumber: next,
      damage: segments.flatMap((segment) => segment.damage),
      ...(tornTail && { tornTail }),
    };
    return { log, recovery };
  }

  /** Sequence number of the first event that is kept, or of the next one where none is. */
  get beginSequenceNumber(): number {
    const first = this.#segments.find((segment) => segment.index.first)?.index.first;
    return first?.sequenceNumber ?? this.#nextSequenceNumber;
  }

  /** The last sequence number given away; -1 before the first. */
  get lastSequenceNumber(): number {
    return this.#nextSequenceNumber - 1;
  }

  /** The event that was enqueued last, as far as it is known. */
  get lastEnqueued(): EventPlace | undefined {
    return this.#lastEnqueued;
  }

  get isEmpty(): boolean {
    return this.beginSequenceNumber === this.#nextSequenceNumber;
  }

  /** Offset of the first byte that is kept. */
  get begin(): number {
    return this.#segments[0]!.base.offset;
  }

  /** Offset at which the next event will stand. */
  get end(): number {
    return this.#active.end;
  }

  get #active(): Segment {
    return this.#segments.at(-1)!;
  }

  /** Calls `listener` after each append; returns what stops it. */
  onAppend(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Appends a batch, whole or not at all. Resolves with the place of its first event once the operating
   * system has it (with `fsync`: the disk).
   *
   * @throws TashikaError DISK_FULL when there is no room; the log goes on and takes events when there is room again
   */
  append(events: readonly NewEvent[]): Promise<EventPlace> {
    if (this.#closed) return Promise.reject(new Error('The log is closed.'));
    return new Promise((resolve, reject) => {
      this.#queue.push({ events, resolve, reject });
      this.#writing ??= this.#writeQueue();
    });
  }

  async #writeQueue(): Promise<void> {
    // Appends that arrive in the same turn share one write.
    await Promise.resolve();
    while (this.#queue.length > 0) await this.#exclusively(() => this.#writeGroup(takeGroup(this.#queue)));
    this.#writing = undefined;
  }

  async #writeGroup(group: readonly PendingAppend[]): Promise<void> {
    try {
      await this.#clean();
      if (this.#active.size >= this.#segmentBytes) await this.#roll();
      const segment = this.#active;
      const { bytes, firsts, places } = encodeGroup(group, {
        sequenceNumber: this.#nextSequenceNumber,
        offset: segment.end,
        // Time never goes back within a partition, so a reader may start by time.
        enqueuedTime: Math.max(this.#options.clock.now(), this.#lastEnqueued?.enqueuedTime ?? 0),
      });
      this.#unclean = true;
      await segment.file.write(bytes, segment.size);
      if (this.#options.fsync) await segment.file.sync();
      this.#unclean = false;
      this.#tail.push({ offset: segment.end, bytes });
      segment.size += bytes.length;
      for (const place of places) segment.add(place);
      this.#lastEnqueued = places.at(-1) ?? this.#lastEnqueued;
      this.#nextSequenceNumber += places.length;
      for (const [index, pending] of group.entries()) pending.resolve(firsts[index]!);
      for (const listener of this.#listeners) listener();
    } catch (error) {
      // Taking back what was written in part needs no room, so it works on a full disk too.
      await this.#clean().catch(() => undefined);
      const reason = appendFailure(error, this.#options.directory);
      for (const pending of group) pending.reject(reason);
    }
  }

  async #clean(): Promise<void> {
    if (!this.#unclean) return;
    await this.#active.file.truncate(this.#active.size);
    this.#unclean = false;
  }

  async #roll(): Promise<void> {
    await this.#active.file.sync();
    const base = { sequenceNumber: this.#nextSequenceNumber, offset: this.end };
    const { directory, openFile = openSegmentFile } = this.#options;
    const file = await openFile(join(directory, segmentName(base)), { create: true });
    this.#segments.push(new Segment(directory, base, file));
  }

  /** Drops the oldest segments that are too old or too many. */
  enforceRetention(): Promise<void> {
    return this.#exclusively(async () => {
      if (this.#closed) return;
      const { maxAgeMs, maxBytes } = this.#options.retention;
      const oldestKept = this.#options.clock.now() - maxAgeMs;
      const isOld = (segment: Segment) => (segment.last ? segment.last.enqueuedTime < oldestKept : segment.size > 0);
      if (this.#active.last && isOld(this.#active)) await this.#roll();
      for (;;) {
        const oldest = this.#segments[0]!;
        if (oldest === this.#active) return;
        if (!isOld(oldest) && this.end - this.begin <= maxBytes) return;
        await unlink(oldest.path);
        this.#segments.shift();
        await oldest.file.close();
      }
    });
  }

  /** Appends, rolls and retention change the list of segments: one at a time. */
  #exclusively(change: () => Promise<void>): Promise<void> {
    const changed = this.#changing.then(change);
    this.#changing = changed.catch(() => undefined);
    return changed;
  }

  /**
   * Some records from `offset` on: undefined at the end of the log. What is no longer kept, or damaged, is
   * stepped over. Memory holds the newest; older ones come from the file, a bounded piece at a time.
   */
  read(offset: number): LogRun | Promise<LogRun> | undefined {
    if (this.#closed || offset >= this.end) return undefined;
    const kept = Math.max(offset, this.begin);
    const piece = this.#tail.from(kept);
    return piece ? recordsOf(piece.bytes, piece.offset) : this.#readFile(kept);
  }

  async #readFile(offset: number): Promise<LogRun> {
    const segment = this.#segments.findLast((each) => each.base.offset <= offset)!;
    try {
      const follower = this.#segments[this.#segments.indexOf(segment) + 1];
      if (offset >= segment.end) return { records: [], next: follower?.base.offset ?? segment.end };
      return await readSegment(segment, offset, this.#options.onDamage);
    } catch (error) {
      // Retention may have dropped the segment meanwhile.
      if (this.#segments.includes(segment) && !this.#closed) throw error;
      return { records: [], next: this.begin };
    }
  }

  /**
   * The offset of the first event for which `isBefore` is false; the end where there is none. `isBefore`
   * is true up to some event and false from there on.
   */
  async seek(isBefore: (place: EventPlace) => boolean): Promise<number> {
    const segment = this.#segments.findLast((each) => each.index.first && isBefore(each.index.first));
    let offset = segment?.index.lastBefore(isBefore)?.offset ?? this.begin;
    for (;;) {
      const run = await this.read(offset);
      if (!run) return this.end;
      const found = run.records.find((record) => !isBefore(record));
      if (found) return found.offset;
      offset = run.next;
    }
  }

  /** Writes what waits, forces it to the disk and closes the files. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#writing;
    await this.#changing;
    this.#listeners.clear();
    await this.#active.file.sync().catch(() => undefined);
    await Promise.all(this.#segments.map((segment) => segment.file.close()));
  }
}

function appendFailure(error: unknown, directory: string): unknown {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (isTashikaError(error) || (code !== 'ENOSPC' && code !== 'EDQUOT')) return error;
  return new TashikaError('DISK_FULL', `No room to append to ${directory}: ${messageOf(error)}.`, { cause: error });
}

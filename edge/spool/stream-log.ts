import { count, type SequenceRange, type SequenceRanges, subtract, through, union } from '@tashika/shared/sequence';
import type { Duration } from '@tashika/shared/time';
import type { Stamp } from '../clock/index.ts';
import type { DiskMeter } from './metered-files.ts';
import {
  accepted,
  accounting,
  bounded,
  confirmed,
  covers,
  freshLosses,
  givenUp,
  highestOf,
  isUntouched,
  keepingNothing,
  knownToCloud,
  letGo,
  type Progress,
  type Receipt,
  settled,
} from './progress.ts';
import type { SpooledReading } from './reading.ts';
import { checksumSeed, RecordWriter, recordBytes } from './record.ts';
import type { LossReason, Reporter } from './report.ts';
import { encodeSegmentHeader, SEGMENT_HEADER_BYTES, type Segment, segmentName, thinnedName } from './segment.ts';
import type { SegmentFile, SegmentFiles } from './segment-files.ts';
import { SegmentReader } from './segment-reader.ts';
import type { StateFile } from './state-file.ts';
import type { StreamState } from './stream-state.ts';
import { type Sieve, sieve, ThinningPlan } from './thinning.ts';
import { unlessAbsent } from './unless-absent.ts';

/** A segment is thinned out so often at most: each time makes it smaller, and small files are many. */
const MOST_THINNINGS = 4;

/** Where corrupt segments go, in the spool's folder. */
export const SET_ASIDE = 'set-aside';

export interface StreamLogParts {
  readonly files: SegmentFiles;
  readonly folder: string;
  readonly stream: string;
  readonly report: Reporter;
  readonly bootId: string;
  readonly segmentBytes: number;
  /** Whether what is sent stays until it is confirmed. */
  readonly keep: boolean;
  /** Set: segments may be thinned out to one reading in so many. */
  readonly keepEvery: number | undefined;
  readonly meter?: DiskMeter | undefined;
  readonly stateFile: StateFile;
  readonly state: StreamState;
  readonly segments: Segment[];
  /** The highest number that the segments hold, or rule out by their names. */
  readonly highest: number;
  /** The last segment, open to be gone on with. */
  readonly active: SegmentFile | undefined;
}

/**
 * One stream on the disk: its segments and its state. The spool calls one method at a time and waits for it.
 * What it says is durable is so when the promise resolves.
 */
export class StreamLog {
  readonly stream: string;
  readonly #files: SegmentFiles;
  readonly #folder: string;
  readonly #report: Reporter;
  readonly #bootId: string;
  readonly #segmentBytes: number;
  readonly #keep: boolean;
  readonly #keepEvery: number | undefined;
  readonly #meter: DiskMeter | undefined;
  readonly #seed: number;
  readonly #stateFile: StateFile;
  readonly #segments: Segment[];
  readonly #reader: SegmentReader;
  #state: StreamState;
  #saved: StreamState;
  #highest: number;
  #active: SegmentFile | undefined;
  #sentBytes = 0;
  /** Whether a file took another's place and the disk may not know yet. */
  #namesUnsynced = false;
  /** Since when an old stream has had nothing left to send; monotonic. */
  #idleSince: Duration | undefined;

  constructor(parts: StreamLogParts) {
    this.stream = parts.stream;
    this.#files = parts.files;
    this.#folder = parts.folder;
    this.#report = parts.report;
    this.#bootId = parts.bootId;
    this.#segmentBytes = parts.segmentBytes;
    this.#seed = checksumSeed(parts.stream);
    this.#keep = parts.keep;
    this.#stateFile = parts.stateFile;
    this.#keepEvery = parts.keepEvery;
    this.#meter = parts.meter;
    this.#state = parts.keep ? parts.state : { ...parts.state, ...keepingNothing(parts.state) };
    this.#saved = parts.state;
    this.#segments = parts.segments;
    this.#reader = new SegmentReader(parts);
    this.#highest = parts.highest;
    this.#active = parts.active;
    this.#state = this.#accounted();
  }

  get progress(): Progress {
    return this.#state;
  }

  /** The highest number that was ever given out, as far as the disk knows. */
  get last(): number {
    return Math.max(this.#highest, this.#state.last, highestOf(this.#state));
  }

  /** The highest number that the cloud knows of, once all that was posted has come through. */
  get knownThrough(): number {
    return through(knownToCloud(this.#state));
  }

  /** Bytes of segments of which the link has everything; up to date after `save`. */
  get sentBytes(): number {
    return this.#sentBytes;
  }

  /** Whether a receipt could still make a difference. */
  get unconfirmed(): boolean {
    return this.#state.sent.length > 0 || this.#state.told.length > 0;
  }

  /** The highest number that the segments hold, or rule out by their names. */
  get highest(): number {
    return this.#highest;
  }

  /** Whether numbers up to `last` may exist in memory alone. */
  get inMemory(): boolean {
    return this.#state.inMemory;
  }

  get bytes(): number {
    return this.#segments.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  get segmentCount(): number {
    return this.#segments.length;
  }

  get seed(): number {
    return this.#seed;
  }

  /** Whether there is more to say than the state on the disk says. */
  get unsaved(): boolean {
    return this.#state !== this.#saved || (!this.#saved.inMemory && this.#saved.last !== this.#highest);
  }

  /** Whether losses are known that a crash would forget. */
  get lossesUnsaved(): boolean {
    return subtract(this.#state.untold, this.#saved.untold).length > 0;
  }

  /** Writes a group of records, numbered `first` to `last`, durably. After a rejection the group may be tried again. */
  async append(records: Buffer, first: number, last: number): Promise<void> {
    let begun = false;
    try {
      const full = this.#active && this.#segments.at(-1)!.bytes + records.length > this.#segmentBytes;
      if (full) await this.#seal();
      if (!this.#active) {
        begun = true;
        await this.#begin(first);
      }
      const segment = this.#segments.at(-1)!;
      await this.#active!.write(segment.bytes, records);
      await this.#active!.sync();
      segment.bytes += records.length;
      this.#highest = last;
    } catch (error) {
      await this.#abandon(begun);
      throw error;
    }
  }

  /**
   * The readings of a range, in order, until `take` refuses one; true when there is no more of it on the disk. Numbers
   * that turn out to be missing are given up. Rejects with the system's error when the disk can't be read now.
   */
  async read(
    [from, to]: SequenceRange,
    take: (reading: SpooledReading) => boolean,
    isTooOld: (stamp: Stamp) => boolean,
  ): Promise<boolean> {
    let previous = from - 1;
    const old: SequenceRange[] = [];
    try {
      const exhausted = await this.#reader.read(from, to, (reading) => {
        this.#passOver(previous + 1, reading.sequence - 1);
        previous = reading.sequence;
        if (!isTooOld(reading)) return take(reading);
        const latest = old.at(-1);
        if (latest?.[1] === previous - 1) old[old.length - 1] = [latest[0], previous];
        else old.push([previous, previous]);
        return true;
      });
      if (exhausted) this.#passOver(previous + 1, Math.min(to, this.#highest));
      return exhausted;
    } finally {
      this.giveUp(old, 'too-old');
    }
  }

  /**
   * Notes that the readings `first` to `last` are about to be handed out: durably where they are on the disk, once a
   * segment. Without it none of them may leave, because a segment that nobody has seen may be rewritten.
   */
  async touch(first: number, last: number): Promise<void> {
    const { touched } = this.#state;
    if (!touched) return;
    const ranges = this.#segments
      .map((segment): SequenceRange | undefined => this.#rangeOf(segment))
      .filter((range) => range !== undefined && range[0] <= last && first <= range[1]) as SequenceRange[];
    const fresh = ranges.filter((range) => isUntouched(this.#state, range));
    if (last > this.#highest) this.#advance({ ...this.#state, touched: union(touched, [[first, last]]) });
    if (fresh.length === 0) return;
    if (this.#namesUnsynced) await this.#syncNames();
    const before = this.#state;
    this.#advance({ ...this.#state, touched: union(this.#state.touched!, fresh) });
    try {
      await this.save();
    } catch (error) {
      this.#state = before;
      throw error;
    }
  }

  /**
   * Rewrites a segment of which nothing was ever handed out so that it holds fewer readings, of the lowest priority
   * first. The readings that are kept get the segment's first numbers and those at its end are given up, which makes one
   * loss to tell instead of one a reading. Of the segments that were thinned out least, the oldest. Durable when it
   * resolves; false when there is none that it would make smaller.
   */
  async thinOut(): Promise<boolean> {
    if (this.#keepEvery === undefined) return false;
    for (let thinnings = 0; thinnings < MOST_THINNINGS; thinnings++)
      for (const segment of this.#segments.slice(0, -1)) {
        if ((segment.thinnings ?? 0) > thinnings || segment.corrupt) continue;
        const range = this.#rangeOf(segment)!;
        if (!isUntouched(this.#state, range)) continue;
        segment.thinnings = thinnings + 1;
        if (await this.#thin(segment, range, this.#keepEvery)) return true;
      }
    return false;
  }

  /** Gives up the oldest segment, durably, if the youngest reading in it is too old; false when it is not. */
  async dropTooOld(isTooOld: (stamp: Stamp) => boolean): Promise<boolean> {
    const next = this.#segments[1];
    if (!next) return false;
    next.begins ??= (await this.#reader.begins(next)) ?? null;
    // What begins the next segment is younger than all of this one.
    return next.begins !== null && isTooOld(next.begins) && (await this.dropOldest('too-old'));
  }

  /**
   * The link has taken the readings `first` to `last`, and a post that told the losses `told`. Not durable until `save`.
   */
  acknowledge(first: number, last: number, told: SequenceRanges): void {
    this.#reader.passed(last);
    this.#advance(accepted(this.#state, first <= last ? [[first, last]] : [], told, this.#keep));
  }

  /** Frees what the cloud has, and marks what it lacks to be read again, or as lost. Not durable until `save`. */
  confirm(receipt: Receipt): void {
    const first = this.#segments[0]?.first ?? this.#highest + 1;
    // What is in memory alone is neither on the disk nor lost: a later receipt finds it here or there.
    const missing = subtract(receipt.missing, [[this.#highest + 1, Number.MAX_SAFE_INTEGER]]);
    const onDisk: SequenceRanges = first <= this.#highest ? [[first, this.#highest]] : [];
    const { progress, lost } = confirmed(this.#state, { ...receipt, missing }, onDisk);
    this.#advance(lost.length > 0 ? givenUp(progress, lost) : progress);
    if (lost.length > 0) this.#report({ kind: 'lost', stream: this.stream, ranges: lost, why: 'unconfirmed' });
  }

  /** Notes numbers as lost, to be told; returns how many of them are news. Not durable until `save`. */
  giveUp(ranges: SequenceRanges, why: LossReason): number {
    const fresh = freshLosses(this.#state, ranges);
    if (fresh.length === 0) return 0;
    this.#advance(givenUp(this.#state, fresh));
    this.#report({ kind: 'lost', stream: this.stream, ranges: fresh, why });
    return count(fresh);
  }

  /** Gives up the oldest segment, durably; false when only the last one is left, which holds the numbering. */
  async dropOldest(why: LossReason, evenLast = false): Promise<boolean> {
    const [oldest, next] = this.#segments;
    if (!oldest || (!next && !evenLast)) return false;
    const range = this.#rangeOf(oldest);
    if (range) {
      this.#advance(letGo(this.#state, [range]));
      this.giveUp([range], why);
    }
    await this.save();
    if (this.#segments[0] === oldest) await this.#discard(oldest);
    return true;
  }

  /** Gives back, durably, the oldest segment that waits for nothing but confirmation; false when there is none. */
  async dropSent(): Promise<boolean> {
    const oldest = this.#sentSegments()[0];
    if (!oldest) return false;
    this.#advance(letGo(this.#state, [this.#rangeOf(oldest)!]));
    await this.save();
    return true;
  }

  /** No longer waits for confirmation of segments that have waited for `mostMs`. Not durable until `save`. */
  letGoAfter(mostMs: Duration, now: Duration): void {
    for (const segment of this.#sentSegments()) {
      segment.sentSince ??= now;
      if (now - segment.sentSince >= mostMs) this.#advance(letGo(this.#state, [this.#rangeOf(segment)!]));
    }
  }

  /** No longer waits for confirmation of a stream that has had nothing to send for `mostMs`. */
  endAfter(mostMs: Duration, now: Duration): void {
    this.#idleSince ??= now;
    if (now - this.#idleSince >= mostMs) this.#advance(keepingNothing(this.#state));
  }

  /** Notes durably that numbers up to `last` exist in memory alone. */
  async reserve(last: number): Promise<void> {
    if (this.#state.inMemory && this.#state.last === last && !this.unsaved) return;
    this.#state = { ...this.#state, inMemory: true, last };
    await this.#write(this.#state);
  }

  /** Notes durably that the segments are the whole truth again; numbering goes on after `last`. */
  async unreserve(last: number): Promise<void> {
    if (!this.#state.inMemory) return;
    if (this.#highest < last) {
      // Readings were sent from memory and never written: an empty segment's name carries the numbering on.
      await this.#seal();
      try {
        await this.#begin(last + 1);
        await this.#active!.sync();
      } catch (error) {
        await this.#abandon(true);
        throw error;
      }
      this.#highest = last;
    }
    this.#state = { ...this.#state, inMemory: false };
    await this.save();
  }

  /** Makes the state durable, then gives back the space of what is done with. */
  async save(): Promise<void> {
    const { inMemory, last } = this.#state;
    const state = { ...this.#state, last: inMemory ? last : this.#highest, written: this.#meter?.use };
    this.#state = state;
    await this.#write(state);
    for (const segment of this.#segments.slice(0, -1))
      if (covers(state.done, this.#rangeOf(segment)!)) await this.#discard(segment);
    this.#sentBytes = this.#sentSegments().reduce((sum, { bytes }) => sum + bytes, 0);
  }

  async close(): Promise<void> {
    await this.#reader.close();
    await this.#active?.close();
    this.#active = undefined;
    await this.#stateFile.close();
  }

  /** Removes the segments, all of which must be done with; what fails may be tried again. */
  async removeSegments(): Promise<void> {
    await this.#seal();
    for (const segment of [...this.#segments]) await this.#discard(segment);
  }

  async #thin(segment: Segment, range: SequenceRange, every: number): Promise<boolean> {
    const plan = new ThinningPlan(every);
    for await (const records of this.#reader.recordsOf(segment))
      for (const { record } of records) plan.weigh(record, recordBytes(record));
    const { upTo } = plan;
    if (upTo === undefined || segment.corrupt) return false;
    const folder = this.#folder;
    const path = `${folder}/${segmentName(segment.first)}`;
    const thinned = `${folder}/${thinnedName(segment.first)}`;
    try {
      const { next, bytes } = await this.#writeThinned(thinned, segment, sieve(upTo, every));
      if (segment.corrupt) throw new Error(`The segment ${path} turned out to be damaged.`);
      await this.#reader.leave(segment);
      this.#namesUnsynced = true;
      await this.#files.move(thinned, path);
      segment.bytes = bytes;
      this.giveUp([[next, range[1]]], 'thinned-out');
    } catch (error) {
      await this.#files.remove(thinned).catch(ignore);
      throw error;
    }
    await this.#syncNames();
    await this.save();
    return true;
  }

  /** Writes what the sieve keeps of a segment to another file, durably, numbered anew without gaps. */
  async #writeThinned(
    path: string,
    segment: Segment,
    keeps: Sieve,
  ): Promise<{ readonly next: number; readonly bytes: number }> {
    const file = await this.#createOrClear(path);
    try {
      await file.write(0, await this.#reader.headerOf(segment));
      let next = segment.first;
      let bytes = SEGMENT_HEADER_BYTES;
      for await (const records of this.#reader.recordsOf(segment)) {
        const writer = new RecordWriter(this.#seed);
        for (const { record } of records) if (keeps(record)) writer.add(next++, record);
        if (writer.length > 0) await file.write(bytes, writer.bytes);
        bytes += writer.length;
      }
      await file.sync();
      return { next, bytes };
    } finally {
      await file.close();
    }
  }

  async #syncNames(): Promise<void> {
    await this.#files.syncFolder(this.#folder);
    this.#namesUnsynced = false;
  }

  /** The state with account of what is handed out if segments may be thinned out, and without it if not. */
  #accounted(): StreamState {
    const state = { ...this.#state, ...accounting(this.#state, this.#keepEvery !== undefined, this.last) };
    const { touched, inMemory, last } = state;
    // What was sent from memory may have been written since, without a note.
    if (touched && inMemory) return { ...state, touched: union(touched, [[1, last]]) };
    return touched === this.#state.touched ? this.#state : state;
  }

  /** The numbers that a segment can hold; `undefined` for a last one that holds none. */
  #rangeOf(segment: Segment): SequenceRange | undefined {
    const next = this.#segments[this.#segments.indexOf(segment) + 1];
    const last = next ? next.first - 1 : this.#highest;
    return segment.first <= last ? [segment.first, last] : undefined;
  }

  /** Segments that the link has all of, without the last, which holds the numbering. */
  #sentSegments(): Segment[] {
    if (this.#state.sent.length === 0) return [];
    const withTheLink = settled(this.#state);
    return this.#segments.slice(0, -1).filter((segment) => covers(withTheLink, this.#rangeOf(segment)!));
  }

  /** Numbers that should be on the disk and are not. */
  #passOver(first: number, last: number): void {
    if (first > last) return;
    const absent: SequenceRanges = [[first, last]];
    const sentBefore = subtract(absent, subtract(absent, this.#state.again));
    this.giveUp(sentBefore, 'unconfirmed');
    this.giveUp(subtract(absent, sentBefore), 'corrupt');
  }

  #advance(progress: Progress): void {
    this.#state = { ...this.#state, ...bounded(progress) };
  }

  async #begin(first: number): Promise<void> {
    const path = `${this.#folder}/${segmentName(first)}`;
    const file = await this.#createOrClear(path);
    this.#active = file;
    const segment: Segment = { first, bytes: 0, corrupt: false };
    if (this.#segments.at(-1)?.first === first) this.#segments.pop();
    this.#segments.push(segment);
    await file.write(0, encodeSegmentHeader(this.#bootId));
    await this.#files.syncFolder(this.#folder);
    segment.bytes = SEGMENT_HEADER_BYTES;
  }

  /** A file of this name can only be left from an attempt that failed before any record in it was durable. */
  async #createOrClear(path: string): Promise<SegmentFile> {
    try {
      return await this.#files.create(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const file = await this.#files.open(path);
      await file.truncate(0);
      return file;
    }
  }

  async #seal(): Promise<void> {
    const file = this.#active;
    this.#active = undefined;
    await file?.close();
  }

  /**
   * After a failed write nothing is sure about the file but what was durable before: cut it there and begin another
   * next time. A file that this very attempt began is removed, unless its name is all that carries the numbering.
   */
  async #abandon(begun: boolean): Promise<void> {
    const file = this.#active;
    const segment = this.#segments.at(-1);
    this.#active = undefined;
    if (!file || !segment) return;
    if (begun) segment.bytes = 0;
    await file.truncate(segment.bytes).catch(ignore);
    await file.close().catch(ignore);
    if (!begun || this.#segments.length === 1) return;
    this.#segments.pop();
    await this.#files.remove(`${this.#folder}/${segmentName(segment.first)}`).catch(ignore);
  }

  async #discard(segment: Segment): Promise<void> {
    await this.#reader.leave(segment);
    const name = segmentName(segment.first);
    const path = `${this.#folder}/${name}`;
    // Somebody may have removed the file by hand; its readings are told as lost by their missing numbers.
    if (segment.corrupt) {
      const file = `${SET_ASIDE}/${this.stream}-${name}`;
      await this.#files.makeFolder(SET_ASIDE);
      const moved = await unlessAbsent(this.#files.move(path, file).then(() => true));
      if (moved) this.#report({ kind: 'segment-set-aside', file, bytes: segment.bytes });
    } else await unlessAbsent(this.#files.remove(path));
    this.#segments.splice(this.#segments.indexOf(segment), 1);
  }

  async #write(state: StreamState): Promise<void> {
    await this.#stateFile.save(state);
    this.#saved = state;
  }
}

function ignore(): void {
  // The file is given up anyway; the error that led here is the one that is told.
}

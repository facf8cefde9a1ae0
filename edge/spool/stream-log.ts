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
import type { LossReason, Reporter } from './report.ts';
import type { StateFile } from './state-file.ts';
import { type SegmentsPlace, type Span, StreamSegments, type StreamSegmentsParts } from './stream-segments.ts';
import type { StreamState } from './stream-state.ts';

/** A segment is thinned out so often at most: each time makes it smaller, and small files are many. */
const MOST_THINNINGS = 4;

/** Where a stream lies, and how it is kept. */
export interface StreamPlace extends SegmentsPlace {
  /** Whether what is sent stays until it is confirmed. */
  readonly keep: boolean;
  /** Set: segments may be thinned out to one reading in so many. */
  readonly keepEvery: number | undefined;
  readonly meter?: DiskMeter | undefined;
}

export interface StreamLogParts extends StreamPlace, StreamSegmentsParts {
  readonly stateFile: StateFile;
  readonly state: StreamState;
}

/**
 * One stream on the disk: its segments and its state. The spool calls one method at a time and waits for it.
 * What it says is durable is so when the promise resolves.
 */
export class StreamLog {
  readonly stream: string;
  readonly #segments: StreamSegments;
  readonly #report: Reporter;
  readonly #keep: boolean;
  readonly #keepEvery: number | undefined;
  readonly #meter: DiskMeter | undefined;
  readonly #stateFile: StateFile;
  #state: StreamState;
  #saved: StreamState;
  #sentBytes = 0;
  /** Since when an old stream has had nothing left to send; monotonic. */
  #idleSince: Duration | undefined;

  constructor(parts: StreamLogParts) {
    this.stream = parts.stream;
    this.#segments = new StreamSegments(parts);
    this.#report = parts.report;
    this.#keep = parts.keep;
    this.#keepEvery = parts.keepEvery;
    this.#meter = parts.meter;
    this.#stateFile = parts.stateFile;
    this.#saved = parts.state;
    this.#state = parts.keep ? parts.state : { ...parts.state, ...keepingNothing(parts.state) };
    this.#state = this.#accounted();
  }

  get progress(): Progress {
    return this.#state;
  }

  /** The highest number that was ever given out, as far as the disk knows. */
  get last(): number {
    return Math.max(this.#segments.highest, this.#state.last, highestOf(this.#state));
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
    return this.#segments.highest;
  }

  /** Whether numbers up to `last` may exist in memory alone. */
  get inMemory(): boolean {
    return this.#state.inMemory;
  }

  get bytes(): number {
    return this.#segments.bytes;
  }

  /** Whether there is more to say than the state on the disk says. */
  get unsaved(): boolean {
    return this.#state !== this.#saved || (!this.#saved.inMemory && this.#saved.last !== this.#segments.highest);
  }

  /** Whether losses are known that a crash would forget. */
  get lossesUnsaved(): boolean {
    return subtract(this.#state.untold, this.#saved.untold).length > 0;
  }

  /** Writes a group of records, numbered `first` to `last`, durably. After a rejection the group may be tried again. */
  append(records: Buffer, first: number, last: number): Promise<void> {
    return this.#segments.append(records, first, last);
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
      const exhausted = await this.#segments.reader.read(from, to, (reading) => {
        this.#passOver(previous + 1, reading.sequence - 1);
        previous = reading.sequence;
        if (!isTooOld(reading)) return take(reading);
        const latest = old.at(-1);
        if (latest?.[1] === previous - 1) old[old.length - 1] = [latest[0], previous];
        else old.push([previous, previous]);
        return true;
      });
      if (exhausted) this.#passOver(previous + 1, Math.min(to, this.#segments.highest));
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
    const fresh = this.#segments.spans
      .map(({ range }) => range)
      .filter((range) => range[0] <= last && first <= range[1] && isUntouched(this.#state, range));
    if (last > this.#segments.highest) this.#advance({ ...this.#state, touched: union(touched, [[first, last]]) });
    if (fresh.length === 0) return;
    await this.#segments.syncNames();
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
      for (const { segment, range } of this.#segments.sealed) {
        if ((segment.thinnings ?? 0) > thinnings || segment.corrupt || !isUntouched(this.#state, range)) continue;
        segment.thinnings = thinnings + 1;
        const free = await this.#segments.thin(segment, this.#keepEvery);
        if (free === undefined) continue;
        this.giveUp([[free, range[1]]], 'thinned-out');
        await this.#segments.syncNames();
        await this.save();
        return true;
      }
    return false;
  }

  /** Gives up the oldest segment, durably, if the youngest reading in it is too old; false when it is not. */
  async dropTooOld(isTooOld: (stamp: Stamp) => boolean): Promise<boolean> {
    const next = this.#segments.spans[1]?.segment;
    if (!next) return false;
    next.begins ??= (await this.#segments.reader.begins(next)) ?? null;
    // What begins the next segment is younger than all of this one.
    return next.begins !== null && isTooOld(next.begins) && (await this.dropOldest('too-old'));
  }

  /**
   * The link has taken the readings `first` to `last`, and a post that told the losses `told`. Not durable until `save`.
   */
  acknowledge(first: number, last: number, told: SequenceRanges): void {
    this.#segments.reader.passed(last);
    this.#advance(accepted(this.#state, first <= last ? [[first, last]] : [], told, this.#keep));
  }

  /** Frees what the cloud has, and marks what it lacks to be read again, or as lost. Not durable until `save`. */
  confirm(receipt: Receipt): void {
    const first = this.#segments.lowest;
    // What is in memory alone is neither on the disk nor lost: a later receipt finds it here or there.
    const missing = subtract(receipt.missing, [[this.#segments.highest + 1, Number.MAX_SAFE_INTEGER]]);
    const onDisk: SequenceRanges = first <= this.#segments.highest ? [[first, this.#segments.highest]] : [];
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
    const [oldest] = evenLast ? this.#segments.spans : this.#segments.sealed;
    if (!oldest) return false;
    this.#advance(letGo(this.#state, [oldest.range]));
    this.giveUp([oldest.range], why);
    await this.save();
    if (this.#segments.lowest === oldest.segment.first) await this.#segments.discard(oldest.segment);
    return true;
  }

  /** Gives back, durably, the oldest segment that waits for nothing but confirmation; false when there is none. */
  async dropSent(): Promise<boolean> {
    const [oldest] = this.#sentSpans();
    if (!oldest) return false;
    this.#advance(letGo(this.#state, [oldest.range]));
    await this.save();
    return true;
  }

  /** No longer waits for confirmation of segments that have waited for `mostMs`. Not durable until `save`. */
  letGoAfter(mostMs: Duration, now: Duration): void {
    for (const { segment, range } of this.#sentSpans()) {
      segment.sentSince ??= now;
      if (now - segment.sentSince >= mostMs) this.#advance(letGo(this.#state, [range]));
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
    // Readings were sent from memory and never written: an empty segment's name carries the numbering on.
    if (this.#segments.highest < last) await this.#segments.skipTo(last);
    this.#state = { ...this.#state, inMemory: false };
    await this.save();
  }

  /** Makes the state durable, then gives back the space of what is done with. */
  async save(): Promise<void> {
    const { inMemory, last } = this.#state;
    const state = { ...this.#state, last: inMemory ? last : this.#segments.highest, written: this.#meter?.use };
    this.#state = state;
    await this.#write(state);
    for (const { segment, range } of this.#segments.sealed)
      if (covers(state.done, range)) await this.#segments.discard(segment);
    this.#sentBytes = this.#sentSpans().reduce((sum, { segment }) => sum + segment.bytes, 0);
  }

  async close(): Promise<void> {
    await this.#segments.close();
    await this.#stateFile.close();
  }

  /** Removes the segments, all of which must be done with; what fails may be tried again. */
  removeSegments(): Promise<void> {
    return this.#segments.removeAll();
  }

  /** The state with account of what is handed out if segments may be thinned out, and without it if not. */
  #accounted(): StreamState {
    const state = { ...this.#state, ...accounting(this.#state, this.#keepEvery !== undefined, this.last) };
    const { touched, inMemory, last } = state;
    // What was sent from memory may have been written since, without a note.
    if (touched && inMemory) return { ...state, touched: union(touched, [[1, last]]) };
    return touched === this.#state.touched ? this.#state : state;
  }

  /** Segments that the link has all of, without the last, which holds the numbering. */
  #sentSpans(): Span[] {
    if (this.#state.sent.length === 0) return [];
    const withTheLink = settled(this.#state);
    return this.#segments.sealed.filter(({ range }) => covers(withTheLink, range));
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

  async #write(state: StreamState): Promise<void> {
    await this.#stateFile.save(state);
    this.#saved = state;
  }
}

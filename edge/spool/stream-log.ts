import { count, type SequenceRanges, subtract, through, union } from '@tashika/shared/sequence';
import type { SpooledReading } from './reading.ts';
import { checksumSeed } from './record.ts';
import type { LossReason, Reporter } from './report.ts';
import { encodeSegmentHeader, SEGMENT_HEADER_BYTES, type Segment, segmentName } from './segment.ts';
import type { SegmentFile, SegmentFiles } from './segment-files.ts';
import { SegmentReader } from './segment-reader.ts';
import type { StateFile } from './state-file.ts';
import type { StreamState } from './stream-state.ts';
import { unlessAbsent } from './unless-absent.ts';

/** Where corrupt segments go, in the spool's folder. */
export const SET_ASIDE = 'set-aside';

export interface StreamLogParts {
  readonly files: SegmentFiles;
  readonly folder: string;
  readonly stream: string;
  readonly report: Reporter;
  readonly bootId: string;
  readonly segmentBytes: number;
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
  readonly #seed: number;
  readonly #stateFile: StateFile;
  readonly #segments: Segment[];
  readonly #reader: SegmentReader;
  #state: StreamState;
  #saved: StreamState;
  #highest: number;
  #active: SegmentFile | undefined;

  constructor(parts: StreamLogParts) {
    this.stream = parts.stream;
    this.#files = parts.files;
    this.#folder = parts.folder;
    this.#report = parts.report;
    this.#bootId = parts.bootId;
    this.#segmentBytes = parts.segmentBytes;
    this.#seed = checksumSeed(parts.stream);
    this.#stateFile = parts.stateFile;
    this.#state = parts.state;
    this.#saved = parts.state;
    this.#segments = parts.segments;
    this.#reader = new SegmentReader(parts);
    this.#highest = parts.highest;
    this.#active = parts.active;
  }

  get acknowledged(): number {
    return this.#state.acknowledged;
  }

  get untold(): SequenceRanges {
    return this.#state.untold;
  }

  get gone(): SequenceRanges {
    return this.#state.gone;
  }

  /** The highest number that was ever given out, as far as the disk knows. */
  get last(): number {
    const { acknowledged, last, untold, gone } = this.#state;
    return Math.max(this.#highest, acknowledged, last, through(untold), through(gone));
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
   * Readings beyond the acknowledged ones, in order, until `take` refuses one; true when there is no more on the
   * disk. Numbers that turn out to be missing are given up. Rejects with the system's error when the disk can't be
   * read now.
   */
  read(take: (reading: SpooledReading) => boolean): Promise<boolean> {
    let previous = this.#state.acknowledged;
    return this.#reader.read(previous, (reading) => {
      const { sequence } = reading;
      if (sequence > previous + 1) this.giveUp(subtract([[previous + 1, sequence - 1]], this.#state.gone), 'corrupt');
      previous = sequence;
      return take(reading);
    });
  }

  /**
   * The readings `first` to `last` are done with, and the cloud knows of the losses `told`. Not durable until `save`.
   */
  acknowledge(first: number, last: number, told: SequenceRanges): void {
    const received: SequenceRanges = first <= last ? [[first, last]] : [];
    this.#reader.passed(last);
    this.#state = advanced({
      ...this.#state,
      acknowledged: Math.max(this.#state.acknowledged, last),
      untold: subtract(this.#state.untold, union(told, received)),
    });
  }

  /** Notes numbers as lost, to be told; returns how many of them are news. Not durable until `save`. */
  giveUp(ranges: SequenceRanges, why: LossReason): number {
    const { untold, gone } = this.#state;
    const fresh = subtract(ranges, union(untold, gone));
    if (fresh.length === 0) return 0;
    this.#state = advanced({ ...this.#state, untold: union(untold, ranges), gone: union(gone, ranges) });
    this.#report({ kind: 'lost', stream: this.stream, ranges: fresh, why });
    return count(fresh);
  }

  /** Gives up the oldest segment, durably; false when only the last one is left, which holds the numbering. */
  async dropOldest(why: LossReason, evenLast = false): Promise<boolean> {
    const [oldest, next] = this.#segments;
    if (!oldest || (!next && !evenLast)) return false;
    const first = Math.max(oldest.first, this.#state.acknowledged + 1);
    const last = next ? next.first - 1 : this.#highest;
    if (first <= last) this.giveUp(subtract([[first, last]], this.#state.gone), why);
    await this.save();
    if (this.#segments[0] === oldest) await this.#discard(oldest);
    return true;
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
    const state = { ...this.#state, last: inMemory ? last : this.#highest };
    this.#state = state;
    await this.#write(state);
    for (let next = this.#segments[1]; next && next.first - 1 <= state.acknowledged; next = this.#segments[1])
      await this.#discard(this.#segments[0]!);
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

/** Moves the acknowledged mark over what is gone right behind it. */
function advanced(state: StreamState): StreamState {
  let { acknowledged } = state;
  for (const [first, last] of state.gone) if (first <= acknowledged + 1) acknowledged = Math.max(acknowledged, last);
  return { ...state, acknowledged, gone: acknowledged > 0 ? subtract(state.gone, [[1, acknowledged]]) : state.gone };
}

function ignore(): void {
  // The file is given up anyway; the error that led here is the one that is told.
}

import type { SequenceRange } from '@tashika/shared/sequence';
import { checksumSeed, RecordWriter, recordBytes } from './record.ts';
import type { Reporter } from './report.ts';
import { encodeSegmentHeader, SEGMENT_HEADER_BYTES, type Segment, segmentName, thinnedName } from './segment.ts';
import type { SegmentFile, SegmentFiles } from './segment-files.ts';
import { SegmentReader } from './segment-reader.ts';
import { type Sieve, sieve, ThinningPlan } from './thinning.ts';
import { unlessAbsent } from './unless-absent.ts';

/** Where corrupt segments go, in the spool's folder. */
export const SET_ASIDE = 'set-aside';

/** Where a stream's segments lie, and how they are written. */
export interface SegmentsPlace {
  readonly files: SegmentFiles;
  readonly folder: string;
  readonly stream: string;
  readonly report: Reporter;
  readonly bootId: string;
  readonly segmentBytes: number;
}

export interface StreamSegmentsParts extends SegmentsPlace {
  /** In order. */
  readonly segments: Segment[];
  /** The highest number that the segments hold, or rule out by their names. */
  readonly highest: number;
  /** The last segment, open to be gone on with. */
  readonly active: SegmentFile | undefined;
}

/** A segment and the numbers that it can hold. */
export interface Span {
  readonly segment: Segment;
  readonly range: SequenceRange;
}

/** A stream's segments on the disk, what writes them and what reads them. */
export class StreamSegments {
  readonly reader: SegmentReader;
  readonly #parts: StreamSegmentsParts;
  readonly #segments: Segment[];
  readonly #seed: number;
  #highest: number;
  #active: SegmentFile | undefined;
  /** Whether a file took another's place and the disk may not know yet. */
  #namesUnsynced = false;

  constructor(parts: StreamSegmentsParts) {
    this.#parts = parts;
    this.#segments = parts.segments;
    this.#seed = checksumSeed(parts.stream);
    this.#highest = parts.highest;
    this.#active = parts.active;
    this.reader = new SegmentReader(parts);
  }

  /** The highest number that the segments hold, or rule out by their names. */
  get highest(): number {
    return this.#highest;
  }

  /** No segment holds a number below this one. */
  get lowest(): number {
    return this.#segments[0]?.first ?? this.#highest + 1;
  }

  get bytes(): number {
    return this.#segments.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** All that can hold a number, in order. */
  get spans(): Span[] {
    return this.#segments.flatMap((segment, index) => {
      const next = this.#segments[index + 1];
      const last = next ? next.first - 1 : this.#highest;
      return segment.first <= last ? [{ segment, range: [segment.first, last] as const }] : [];
    });
  }

  /** All but the last segment, which holds the numbering. */
  get sealed(): Span[] {
    const last = this.#segments.at(-1);
    return this.spans.filter(({ segment }) => segment !== last);
  }

  /** Writes a group of records, numbered `first` to `last`, durably. After a rejection the group may be tried again. */
  async append(records: Buffer, first: number, last: number): Promise<void> {
    let begun = false;
    try {
      const full = this.#active && this.#segments.at(-1)!.bytes + records.length > this.#parts.segmentBytes;
      if (full) await this.seal();
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

  /** Carries the numbering on after `last`, durably, by the name of an empty segment. */
  async skipTo(last: number): Promise<void> {
    await this.seal();
    try {
      await this.#begin(last + 1);
      await this.#active!.sync();
    } catch (error) {
      await this.#abandon(true);
      throw error;
    }
    this.#highest = last;
  }

  /**
   * Rewrites a segment that nobody has seen so that it holds fewer readings, of the lowest priority first, numbered anew
   * from its first number on. Resolves with the first number that is free then; `undefined` where it would free too
   * little. What it holds then is not durable before `syncNames`, and must not be handed out.
   */
  async thin(segment: Segment, every: number): Promise<number | undefined> {
    const { files, folder } = this.#parts;
    const plan = new ThinningPlan(every);
    for await (const records of this.reader.recordsOf(segment))
      for (const { record } of records) plan.weigh(record, recordBytes(record));
    const { upTo } = plan;
    if (upTo === undefined || segment.corrupt) return undefined;
    const path = `${folder}/${segmentName(segment.first)}`;
    const thinned = `${folder}/${thinnedName(segment.first)}`;
    try {
      const { next, bytes } = await this.#writeThinned(thinned, segment, sieve(upTo, every));
      if (segment.corrupt) throw new Error(`The segment ${path} turned out to be damaged.`);
      await this.reader.leave(segment);
      this.#namesUnsynced = true;
      await files.move(thinned, path);
      segment.bytes = bytes;
      return next;
    } catch (error) {
      await files.remove(thinned).catch(ignore);
      throw error;
    }
  }

  /** Writes what the sieve keeps of a segment to another file, durably, numbered anew without gaps. */
  async #writeThinned(
    path: string,
    segment: Segment,
    keeps: Sieve,
  ): Promise<{ readonly next: number; readonly bytes: number }> {
    const file = await this.#createOrClear(path);
    try {
      await file.write(0, await this.reader.headerOf(segment));
      let next = segment.first;
      let bytes = SEGMENT_HEADER_BYTES;
      for await (const records of this.reader.recordsOf(segment)) {
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

  /** Forces onto the disk which file took whose place. */
  async syncNames(): Promise<void> {
    if (!this.#namesUnsynced) return;
    await this.#parts.files.syncFolder(this.#parts.folder);
    this.#namesUnsynced = false;
  }

  /** Removes a segment, or sets it aside if it is corrupt. */
  async discard(segment: Segment): Promise<void> {
    await this.reader.leave(segment);
    const { files, folder, stream, report } = this.#parts;
    const name = segmentName(segment.first);
    const path = `${folder}/${name}`;
    // Somebody may have removed the file by hand; its readings are told as lost by their missing numbers.
    if (segment.corrupt) {
      const file = `${SET_ASIDE}/${stream}-${name}`;
      await files.makeFolder(SET_ASIDE);
      const moved = await unlessAbsent(files.move(path, file).then(() => true));
      if (moved) report({ kind: 'segment-set-aside', file, bytes: segment.bytes });
    } else await unlessAbsent(files.remove(path));
    this.#segments.splice(this.#segments.indexOf(segment), 1);
  }

  /** Removes all of them, which must be done with; what fails may be tried again. */
  async removeAll(): Promise<void> {
    await this.seal();
    for (const segment of [...this.#segments]) await this.discard(segment);
  }

  async close(): Promise<void> {
    await this.reader.close();
    await this.seal();
  }

  /** Closes the segment that is being written; the next reading begins another. */
  async seal(): Promise<void> {
    const file = this.#active;
    this.#active = undefined;
    await file?.close();
  }

  async #begin(first: number): Promise<void> {
    const path = `${this.#parts.folder}/${segmentName(first)}`;
    const file = await this.#createOrClear(path);
    this.#active = file;
    const segment: Segment = { first, bytes: 0, corrupt: false };
    if (this.#segments.at(-1)?.first === first) this.#segments.pop();
    this.#segments.push(segment);
    await file.write(0, encodeSegmentHeader(this.#parts.bootId));
    await this.#parts.files.syncFolder(this.#parts.folder);
    segment.bytes = SEGMENT_HEADER_BYTES;
  }

  /** A file of this name can only be left from an attempt that failed before any record in it was durable. */
  async #createOrClear(path: string): Promise<SegmentFile> {
    try {
      return await this.#parts.files.create(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const file = await this.#parts.files.open(path);
      await file.truncate(0);
      return file;
    }
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
    await this.#parts.files.remove(`${this.#parts.folder}/${segmentName(segment.first)}`).catch(ignore);
  }
}

function ignore(): void {
  // The file is given up anyway; the error that led here is the one that is told.
}

import type { Stamp } from '../clock/index.ts';
import type { SpooledReading } from './reading.ts';
import { checksumSeed, MAX_RECORD_BYTES, type ParsedRecord, parseRecords } from './record.ts';
import type { Reporter } from './report.ts';
import {
  decodeSegmentHeader,
  encodeSegmentHeader,
  SEGMENT_HEADER_BYTES,
  type Segment,
  segmentName,
} from './segment.ts';
import type { SegmentFile, SegmentFiles } from './segment-files.ts';

/** How much of a segment is read at once. */
export const READ_BYTES = 4 * MAX_RECORD_BYTES;

/** What a disk can't read is given up in pieces of this size. */
const PAGE_BYTES = 4_096;

export interface SegmentReaderOptions {
  readonly files: SegmentFiles;
  readonly folder: string;
  readonly stream: string;
  readonly report: Reporter;
  /** The stream's segments, in order; the reader sees what is added and removed. */
  readonly segments: readonly Segment[];
}

const MOST_BOOKMARKS = 4;

interface Place {
  readonly segment: Segment;
  readonly position: number;
}

/** Reads a stream's records from its segments, on from where it was told that they are done with. */
export class SegmentReader {
  readonly #options: SegmentReaderOptions;
  readonly #seed: number;
  #open: { readonly segment: Segment; readonly file: SegmentFile; readonly bootId: string } | undefined;
  /** Where the numbers that were read up to go on, the latest first: a backlog and what is live are read in turns. */
  #bookmarks: { readonly number: number; readonly place: Place }[] = [];
  /** Where the readings of the last `read` end, so that an acknowledged one is not looked for again. */
  #ends: (Place & { readonly sequence: number })[] = [];
  /** Where the last `read` began. */
  #from = 0;
  /** The segment that the disk failed to read the last time. */
  #failing: Segment | undefined;

  constructor(options: SegmentReaderOptions) {
    this.#options = options;
    this.#seed = checksumSeed(options.stream);
  }

  /**
   * Readings `from` to `to`, in order, until `take` refuses one; true when there are no more of them. Numbers may be
   * missing.
   *
   * Rejects with the system's error when the disk can't be read now. What it can't read the next time either (`EIO`)
   * is passed over as corrupt.
   */
  async read(from: number, to: number, take: (reading: SpooledReading) => boolean): Promise<boolean> {
    this.#ends = [];
    this.#from = from;
    let place = this.#bookmarks.find(({ number }) => number === from)?.place ?? this.#placeOf(from);
    let previous = from - 1;
    while (place && place.segment.first <= to) {
      const { segment, position }: Place = place;
      const { bytes, bootId } = await this.#chunk(segment, position);
      const atEnd = bytes.length < READ_BYTES || position + bytes.length >= segment.bytes;
      const parsed = parseRecords(bytes, this.#seed, atEnd);
      if (parsed.damagedBytes > 0) this.#corrupt(segment, parsed.damagedBytes);
      for (const { record, end } of parsed.records) {
        if (record.sequence <= previous) continue;
        if (record.sequence > to) return true;
        if (!take(Object.assign(record, { bootId }))) return false;
        previous = record.sequence;
        this.#ends.push({ sequence: record.sequence, segment, position: position + end });
      }
      place = atEnd ? this.#after(segment) : { segment, position: position + parsed.consumed };
    }
    return true;
  }

  /** The reading `sequence` of the last `read`, and all before it, are done with. */
  passed(sequence: number): void {
    const end = this.#ends.find((each) => each.sequence === sequence);
    if (!end) return;
    const others = this.#bookmarks.filter(({ number }) => number !== this.#from && number !== sequence + 1);
    this.#bookmarks = [{ number: sequence + 1, place: end }, ...others].slice(0, MOST_BOOKMARKS);
  }

  /** The stamp of a segment's first reading; `undefined` where none can be read. Rejects as `read` does. */
  async begins(segment: Segment): Promise<Stamp | undefined> {
    const { bytes, bootId } = await this.#chunk(segment, SEGMENT_HEADER_BYTES);
    const first = parseRecords(bytes, this.#seed, true).records[0]?.record;
    return first && { ...first, bootId };
  }

  /** A segment's header, which says of which boot its readings are. Rejects as `read` does. */
  async headerOf(segment: Segment): Promise<Buffer> {
    return encodeSegmentHeader((await this.#opened(segment, wholePiece)).bootId);
  }

  /** Every record of a segment in order, piece by piece; what is damaged is passed over. Rejects as `read` does. */
  async *recordsOf(segment: Segment): AsyncGenerator<readonly ParsedRecord[]> {
    for (let position = SEGMENT_HEADER_BYTES; position < segment.bytes; ) {
      const { bytes } = await this.#chunk(segment, position);
      const parsed = parseRecords(bytes, this.#seed, position + bytes.length >= segment.bytes);
      if (parsed.damagedBytes > 0) this.#corrupt(segment, parsed.damagedBytes);
      if (bytes.length === 0 || parsed.consumed === 0) return;
      yield parsed.records;
      position += parsed.consumed;
    }
  }

  /** Lets go of a segment that is about to be removed. */
  async leave(segment: Segment): Promise<void> {
    if (this.#open?.segment === segment) await this.close();
    this.#bookmarks = this.#bookmarks.filter(({ place }) => place.segment !== segment);
    this.#ends = this.#ends.filter((end) => end.segment !== segment);
  }

  async close(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    await open?.file.close();
  }

  #placeOf(number: number): Place | undefined {
    const { segments } = this.#options;
    const segment = segments.findLast(({ first }) => first <= number) ?? segments[0];
    return segment && { segment, position: SEGMENT_HEADER_BYTES };
  }

  #after(segment: Segment): Place | undefined {
    const { segments } = this.#options;
    const next = segments[segments.indexOf(segment) + 1];
    return next && { segment: next, position: SEGMENT_HEADER_BYTES };
  }

  /** Up to `READ_BYTES` of a segment; nothing where there is no such file, which ends the segment for the reader. */
  async #chunk(segment: Segment, position: number): Promise<{ readonly bytes: Buffer; readonly bootId: string }> {
    const length = Math.max(0, Math.min(READ_BYTES, segment.bytes - position));
    const failedBefore = this.#failing === segment;
    // One error may be a loose cable, or too many open files; what was durable is not given up for that.
    const bytesOf = failedBefore ? readablePages : wholePiece;
    try {
      const { file, bootId } = await this.#opened(segment, bytesOf);
      return { bytes: await bytesOf(file, position, length), bootId };
    } catch (error) {
      const code = codeOf(error);
      if (code === 'EIO') this.#failing = segment;
      if (code !== 'ENOENT' && !(code === 'EIO' && failedBefore)) throw error;
      this.#corrupt(segment, length);
      return { bytes: Buffer.alloc(0), bootId: '' };
    }
  }

  async #opened(
    segment: Segment,
    bytesOf: ReadPiece,
  ): Promise<{ readonly file: SegmentFile; readonly bootId: string }> {
    if (this.#open?.segment === segment) return this.#open;
    await this.close();
    const { files, folder } = this.#options;
    const file = await files.open(`${folder}/${segmentName(segment.first)}`);
    try {
      const bootId = decodeSegmentHeader(await bytesOf(file, 0, SEGMENT_HEADER_BYTES));
      if (bootId === undefined && segment.bytes >= SEGMENT_HEADER_BYTES) this.#corrupt(segment, SEGMENT_HEADER_BYTES);
      this.#open = { segment, file, bootId: bootId ?? '' };
      return this.#open;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  #corrupt(segment: Segment, bytes: number): void {
    if (segment.corrupt) return;
    segment.corrupt = true;
    const { report, folder } = this.#options;
    report({ kind: 'segment-corrupt', file: `${folder}/${segmentName(segment.first)}`, bytes });
  }
}

type ReadPiece = (file: SegmentFile, position: number, length: number) => Promise<Buffer>;

const wholePiece: ReadPiece = (file, position, length) => file.read(position, length);

/** The piece with zeros, which check as no record, in place of the pages that the disk can't read. */
const readablePages: ReadPiece = async (file, position, length) => {
  const piece = Buffer.alloc(length);
  const end = position + length;
  for (let at = position; at < end; ) {
    const next = Math.min(end, at - (at % PAGE_BYTES) + PAGE_BYTES);
    try {
      (await file.read(at, next - at)).copy(piece, at - position);
    } catch (error) {
      if (codeOf(error) !== 'EIO') throw error;
    }
    at = next;
  }
  return piece;
};

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

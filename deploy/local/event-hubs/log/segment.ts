import { join } from 'node:path';
import type { EventPlace } from './record.ts';
import type { SegmentFile } from './segment-file.ts';
import { SparseIndex } from './sparse-index.ts';

/** Where a segment begins in its partition. */
export interface SegmentBase {
  /** Sequence number of the first event written to it. */
  readonly sequenceNumber: number;
  /** Offset of its first byte. */
  readonly offset: number;
}

/** A stretch of a segment that can't be read. */
export interface Damage {
  readonly file: string;
  /** Offset of the first byte that can't be read. */
  readonly from: number;
  /** Offset of the next intact record, or of the end. */
  readonly to: number;
  /** Sequence numbers that are gone: first and last; absent when no event was in the stretch. */
  readonly missing?: readonly [first: number, last: number];
}

/** One file of a partition's log: consecutive records, nothing else. */
export class Segment {
  readonly base: SegmentBase;
  readonly path: string;
  readonly file: SegmentFile;
  readonly index = new SparseIndex();
  readonly damage: Damage[] = [];
  /** The last intact event. */
  last: EventPlace | undefined;
  /** Bytes that count; what lies behind them in the file is not part of the log. */
  size = 0;

  constructor(directory: string, base: SegmentBase, file: SegmentFile) {
    this.base = base;
    this.path = join(directory, segmentName(base));
    this.file = file;
  }

  /** Offset of the first byte after the segment. */
  get end(): number {
    return this.base.offset + this.size;
  }

  /** Tells the segment of an event that it holds. */
  add(place: EventPlace): void {
    this.index.add(place);
    this.last = place;
  }
}

/** The base stands in the file's name, so that a segment needs no header that could be damaged. */
export function segmentName(base: SegmentBase): string {
  return `${digits(base.sequenceNumber)}-${digits(base.offset)}.log`;
}

/** The base that a file's name tells; undefined for a file that is no segment. */
export function parseSegmentName(name: string): SegmentBase | undefined {
  const match = /^(\d{16})-(\d{16})\.log$/.exec(name);
  return match ? { sequenceNumber: Number(match[1]), offset: Number(match[2]) } : undefined;
}

function digits(value: number): string {
  return String(value).padStart(16, '0');
}

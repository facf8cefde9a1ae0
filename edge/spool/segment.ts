import { crc32 } from 'node:zlib';
import type { Duration } from '@tashika/shared/time';
import type { Stamp } from '../clock/index.ts';

/*
 * A segment begins with
 *   0  8 bytes  magic and version
 *   8  16 bytes boot id, as a UUID: the boot that the monotonic times of the records belong to
 *  24  u32      CRC-32 of the above
 * and goes on with records. Its file is named by the first sequence number that it can hold.
 */
/** The format of segments that this agent writes, and the newest that it reads. */
export const SEGMENT_FORMAT = 1;
const MAGIC = `TSPOOL${SEGMENT_FORMAT}\n`;

export const SEGMENT_HEADER_BYTES = 28;

export interface Segment {
  /** Holds no number below this one. */
  readonly first: number;
  /** Durable bytes, the header included. */
  bytes: number;
  corrupt: boolean;
  /** Since when the link has had all of it, as far as this process knows; monotonic. */
  sentSince?: Duration;
  /** When its first reading was taken, once somebody has looked; `null` where it can't be read. */
  begins?: Stamp | null;
  /** How often this process has thinned it out. */
  thinnings?: number;
}

export function encodeSegmentHeader(bootId: string): Buffer {
  const header = Buffer.alloc(SEGMENT_HEADER_BYTES);
  header.write(MAGIC, 0, 'latin1');
  header.write(bootId.replaceAll('-', ''), 8, 'hex');
  header.writeUInt32LE(crc32(header.subarray(0, 24)), 24);
  return header;
}

/** The boot id of a segment; `undefined` for a damaged header. */
export function decodeSegmentHeader(header: Buffer): string | undefined {
  if (header.length < SEGMENT_HEADER_BYTES) return undefined;
  if (header.toString('latin1', 0, 8) !== MAGIC || crc32(header.subarray(0, 24)) !== header.readUInt32LE(24))
    return undefined;
  const hex = header.toString('hex', 8, 24);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** The format that a segment's header tells, this one's or another's; `undefined` for a damaged header. */
export function formatOfSegment(header: Buffer): number | undefined {
  if (header.length < SEGMENT_HEADER_BYTES || crc32(header.subarray(0, 24)) !== header.readUInt32LE(24))
    return undefined;
  const version = /^TSPOOL(\d{1,2})\n?$/.exec(header.toString('latin1', 0, 8))?.[1];
  return version === undefined ? undefined : Number(version);
}

/** Names sort as their numbers do. */
export function segmentName(first: number): string {
  return `${String(first).padStart(16, '0')}.segment`;
}

/** Where a segment is rewritten, before it takes its old one's place. */
export function thinnedName(first: number): string {
  return `${segmentName(first)}.thinned`;
}

export function isThinnedName(name: string): boolean {
  return name.endsWith('.segment.thinned');
}

export function firstOfSegment(name: string): number | undefined {
  const match = /^(\d{16})\.segment$/.exec(name);
  return match ? Number(match[1]) : undefined;
}

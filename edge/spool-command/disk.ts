import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  checksumSeed,
  decodeSegmentHeader,
  decodeSlots,
  firstOfSegment,
  MAX_RECORD_BYTES,
  newerFormat,
  parseRecords,
  SEGMENT_HEADER_BYTES,
  SLOT_BYTES,
  type SpooledReading,
  type StreamState,
} from '../spool/index.ts';

/*
 * The spool as it lies on the disk, looked at without a lock and without a change: an agent may be at work in it.
 * What it removes meanwhile has been sent, and is passed over.
 */

export interface SegmentOnDisk {
  readonly file: string;
  /** Holds no number below this one. */
  readonly first: number;
  readonly bytes: number;
}

export interface StreamOnDisk {
  readonly stream: string;
  readonly folder: string;
  /** Undefined where the state file is absent or damaged: then everything here is sent again. */
  readonly state: StreamState | undefined;
  /** Set where a newer agent wrote the stream in a format that can't be read here; then there is no state. */
  readonly newerFormat: number | undefined;
  /** In the order of their numbers. */
  readonly segments: readonly SegmentOnDisk[];
}

/** A stretch of a segment. */
export interface Piece {
  readonly readings: readonly SpooledReading[];
  /** Bytes before the last of the readings that hold none. */
  readonly damagedBytes: number;
  /** Bytes behind the last reading of the segment, in its last piece. */
  readonly trailingBytes: number;
}

/** How much is in memory at once. */
const PIECE_BYTES = 8 * MAX_RECORD_BYTES;

/** The streams of the spool in `directory`, oldest first; none where there is no spool. */
export async function streamsIn(directory: string): Promise<readonly StreamOnDisk[]> {
  const root = join(directory, 'spool');
  const names = (await unlessGone(readdir(root))) ?? [];
  const streams: StreamOnDisk[] = [];
  for (const folder of names.sort()) {
    const stream = /^\d{6}\.([A-Za-z0-9_-]+)$/.exec(folder)?.[1];
    if (stream === undefined) continue;
    const path = join(root, folder);
    // The state first: what is sent after this look is then shown as held, and not the other way round.
    const stateFile = await beginningOf(join(path, 'state'), 2 * SLOT_BYTES);
    const segments = await segmentsIn(path);
    const last = segments.at(-1);
    const newer = newerFormat(stateFile, last && (await beginningOf(last.file, SEGMENT_HEADER_BYTES)));
    const state = newer === undefined && stateFile ? decodeSlots(stateFile)?.state : undefined;
    streams.push({ stream, folder: path, state, newerFormat: newer, segments });
  }
  return streams;
}

/** The readings of a segment, piece by piece; nothing where the agent has removed it by now. */
export async function* piecesOf(stream: string, segment: SegmentOnDisk): AsyncGenerator<Piece> {
  const file = await unlessGone(open(segment.file, 'r'));
  if (!file) return;
  try {
    const { size } = await file.stat();
    const room = Buffer.allocUnsafe(Math.min(PIECE_BYTES, size)); // no record keeps a part of it
    const bootId = decodeSegmentHeader(await bytesOf(file, 0, SEGMENT_HEADER_BYTES)) ?? '';
    const seed = checksumSeed(stream);
    // A segment without a whole header has no readings: it was begun when the power went.
    if (bootId === '') yield { readings: [], damagedBytes: 0, trailingBytes: size };
    for (let position = SEGMENT_HEADER_BYTES; bootId !== '' && position < size; ) {
      const bytes = await bytesOf(file, position, Math.min(PIECE_BYTES, size - position), room);
      const atEnd = position + bytes.length >= size;
      const { records, consumed, damagedBytes } = parseRecords(bytes, seed, atEnd);
      const trailingBytes = atEnd ? bytes.length - (records.at(-1)?.end ?? 0) : 0;
      const readings = records.map(({ record }) => ({ ...record, bootId }));
      yield { readings, damagedBytes: damagedBytes - trailingBytes, trailingBytes };
      if (bytes.length === 0) return;
      position += consumed;
    }
  } finally {
    await file.close();
  }
}

/** The highest number in the segments, of which the last one that holds any is read; 0 where there is none. */
export async function lastNumberIn(stream: string, segments: readonly SegmentOnDisk[]): Promise<number> {
  for (const segment of segments.toReversed()) {
    let last = 0;
    for await (const { readings } of piecesOf(stream, segment)) last = readings.at(-1)?.sequence ?? last;
    if (last > 0) return last;
  }
  return 0;
}

/** What a stream's state file says now; undefined where it is absent or damaged. */
export async function stateIn(folder: string): Promise<StreamState | undefined> {
  const bytes = await beginningOf(join(folder, 'state'), 2 * SLOT_BYTES);
  return bytes && decodeSlots(bytes)?.state;
}

async function beginningOf(path: string, length: number): Promise<Buffer | undefined> {
  const file = await unlessGone(open(path, 'r'));
  if (!file) return undefined;
  try {
    return await bytesOf(file, 0, length);
  } finally {
    await file.close();
  }
}

async function segmentsIn(folder: string): Promise<readonly SegmentOnDisk[]> {
  const segments: SegmentOnDisk[] = [];
  for (const name of (await unlessGone(readdir(folder))) ?? []) {
    const first = firstOfSegment(name);
    const file = join(folder, name);
    const found = first === undefined ? undefined : await unlessGone(stat(file));
    if (first !== undefined && found) segments.push({ file, first, bytes: found.size });
  }
  return segments.sort((a, b) => a.first - b.first);
}

async function bytesOf(file: FileHandle, position: number, length: number, room?: Buffer): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(room ?? Buffer.allocUnsafe(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}

async function unlessGone<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

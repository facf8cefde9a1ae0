import { crc32 } from 'node:zlib';
import { REGIONS, type RegionCode } from '@tashika/shared/regions';
import { MAX_TEXT_BYTES, type Priority, type Reading } from './reading.ts';

/*
 * One reading in a segment, little-endian:
 *
 *   0  u32  bytes of the body
 *   4  u32  CRC-32 of the sequence number and the body, seeded with the stream
 *   8  u48  sequence number
 *  14  body: u8 kind | u8 bytes of the name | u8 bytes of the unit | f64 monotonic ms | f64 wall ms | name | unit | value
 *      | u8 region, where the kind says that there is one
 *
 * The number stands in each record, so a damaged one costs itself alone. The seed keeps another stream's bytes, which
 * a file system may show in a torn tail, from passing for ours.
 */
const HEAD_BYTES = 14;
const BODY_HEAD_BYTES = 19;
const MAX_BODY_BYTES = BODY_HEAD_BYTES + 255 + 32 + MAX_TEXT_BYTES + 1;

/** No record is longer. */
export const MAX_RECORD_BYTES = HEAD_BYTES + MAX_BODY_BYTES;

const KIND_NUMBER = 0;
const KIND_TEXT = 1;
const KIND_FALSE = 2;
const KIND_TRUE = 3;
/** The kind's further bits; a reading that says nothing of these is written as it was before there were any. */
const SYNCED = 4;
const SUSPECT = 8;
const LOW = 16;
const HIGH = 32;
const REGION = 64;

/** A record's contents; the boot stands in the segment's header. */
export interface Recorded extends Reading {
  readonly sequence: number;
}

/** The seed of a stream's checksums. */
export function checksumSeed(stream: string): number {
  return crc32(stream);
}

/** Bytes that a reading takes in a segment. */
export function recordBytes({
  name,
  unit,
  value,
  region,
}: Pick<Reading, 'name' | 'unit' | 'value' | 'region'>): number {
  const valueBytes = typeof value === 'string' ? Buffer.byteLength(value) : typeof value === 'number' ? 8 : 0;
  return HEAD_BYTES + BODY_HEAD_BYTES + name.length + unit.length + valueBytes + (region === undefined ? 0 : 1);
}

/** Collects records in one growing buffer, so that a group of readings is one write. */
export class RecordWriter {
  #buffer: Buffer;
  #length = 0;
  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
    this.#buffer = Buffer.allocUnsafe(1_024);
  }

  /** Bytes written so far; a view that further writes may leave behind. */
  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  get length(): number {
    return this.#length;
  }

  add(sequence: number, reading: Reading): void {
    const { name, unit, value } = reading;
    const bodyBytes = recordBytes(reading) - HEAD_BYTES;
    this.#reserve(HEAD_BYTES + bodyBytes);
    const buffer = this.#buffer;
    const start = this.#length;
    const body = start + HEAD_BYTES;
    buffer.writeUInt32LE(bodyBytes, start);
    buffer.writeUIntLE(sequence, start + 8, 6);
    buffer[body] = kindOf(reading);
    buffer[body + 1] = name.length;
    buffer[body + 2] = unit.length;
    buffer.writeDoubleLE(reading.monotonicMs, body + 3);
    buffer.writeDoubleLE(reading.wallMs, body + 11);
    let at = body + BODY_HEAD_BYTES;
    at += buffer.write(name, at, 'latin1'); // names and units are ASCII
    at += buffer.write(unit, at, 'latin1');
    if (typeof value === 'number') buffer.writeDoubleLE(value, at);
    else if (typeof value === 'string') buffer.write(value, at, 'utf8');
    const end = body + bodyBytes;
    if (reading.region !== undefined) buffer[end - 1] = Number(reading.region);
    buffer.writeUInt32LE(crc32(buffer.subarray(start + 8, end), this.#seed), start + 4);
    this.#length = end;
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(grown, 0, 0, this.#length);
    this.#buffer = grown;
  }
}

function kindOf({ value, synced, suspect, priority, region }: Reading): number {
  let kind = value ? KIND_TRUE : KIND_FALSE;
  if (typeof value === 'number') kind = KIND_NUMBER;
  else if (typeof value === 'string') kind = KIND_TEXT;
  if (synced) kind |= SYNCED;
  if (suspect) kind |= SUSPECT;
  if (priority === 'low') kind |= LOW;
  if (priority === 'high') kind |= HIGH;
  if (region !== undefined) kind |= REGION;
  return kind;
}

function priorityOf(kind: number): Priority | undefined {
  if (kind & LOW) return 'low';
  return kind & HIGH ? 'high' : undefined;
}

/** `undefined` for a number that is no region's. */
function regionOf(number: number): RegionCode | undefined {
  return REGIONS[number - 1]?.code;
}

/** A record and where it ends in the parsed bytes. */
export interface ParsedRecord {
  readonly record: Recorded;
  readonly end: number;
}

export interface Parsed {
  readonly records: readonly ParsedRecord[];
  /** Bytes that are done with; parse again from here when more are at hand. */
  readonly consumed: number;
  /** Bytes among the consumed that hold no valid record. */
  readonly damagedBytes: number;
}

/**
 * Reads the records in `bytes`. Past a damaged one it looks for the next that checks.
 *
 * @param last whether the segment ends where `bytes` do; if not, an incomplete record at the end is left for later.
 * `bytes` must then be longer than `MAX_RECORD_BYTES`, or nothing may be consumed.
 */
export function parseRecords(bytes: Buffer, seed: number, last: boolean): Parsed {
  const records: ParsedRecord[] = [];
  let at = 0;
  let damagedBytes = 0;
  while (at < bytes.length) {
    const found = parseRecord(bytes, at, seed);
    if (typeof found === 'object') {
      records.push(found);
      at = found.end;
    } else if (found === 'incomplete' && !last) {
      break;
    } else {
      at++;
      damagedBytes++;
    }
  }
  return { records, consumed: at, damagedBytes };
}

function parseRecord(bytes: Buffer, start: number, seed: number): ParsedRecord | 'incomplete' | 'damaged' {
  if (bytes.length - start < HEAD_BYTES) return 'incomplete';
  const bodyBytes = bytes.readUInt32LE(start);
  if (bodyBytes < BODY_HEAD_BYTES || bodyBytes > MAX_BODY_BYTES) return 'damaged';
  const body = start + HEAD_BYTES;
  const end = body + bodyBytes;
  if (end > bytes.length) return 'incomplete';
  if (crc32(bytes.subarray(start + 8, end), seed) !== bytes.readUInt32LE(start + 4)) return 'damaged';
  const kind = bytes[body]!;
  const nameEnd = body + BODY_HEAD_BYTES + bytes[body + 1]!;
  const unitEnd = nameEnd + bytes[body + 2]!;
  const valueEnd = kind & REGION ? end - 1 : end;
  const priority = priorityOf(kind);
  const region = kind & REGION ? regionOf(bytes[valueEnd]!) : undefined;
  const record: Recorded = {
    sequence: bytes.readUIntLE(start + 8, 6),
    name: bytes.toString('latin1', body + BODY_HEAD_BYTES, nameEnd),
    unit: bytes.toString('latin1', nameEnd, unitEnd),
    value: decodeValue(kind & 3, bytes, unitEnd, valueEnd),
    monotonicMs: bytes.readDoubleLE(body + 3),
    wallMs: bytes.readDoubleLE(body + 11),
    synced: (kind & SYNCED) !== 0,
    ...(kind & SUSPECT ? { suspect: true as const } : {}),
    ...(priority === undefined ? {} : { priority }),
    ...(region === undefined ? {} : { region }),
  };
  return { record, end };
}

function decodeValue(kind: number, bytes: Buffer, from: number, to: number): Reading['value'] {
  if (kind === KIND_NUMBER) return bytes.readDoubleLE(from);
  if (kind === KIND_TEXT) return bytes.toString('utf8', from, to);
  return kind === KIND_TRUE;
}

import { crc32 } from 'node:zlib';
import type { Timestamp } from '@tashika/shared/time';

/**
 * One event in the log.
 *
 * | at | type | |
 * |---|---|---|
 * | 0 | u32 | length of the whole record |
 * | 4 | u32 | CRC-32 of everything that follows |
 * | 8 | u64 | sequence number |
 * | 16 | u64 | offset: the record's place in the partition's endless byte stream |
 * | 24 | u64 | enqueued time, Unix milliseconds |
 * | 32 | u32 | how many records of the same batch follow |
 * | 36 | | the message as it goes on the wire: Event Hubs' annotations, then the sender's sections |
 *
 * The offset makes a record recognisable: after damage, the next intact record is found by looking for
 * a place that names itself.
 */
export interface LogRecord {
  readonly sequenceNumber: number;
  readonly offset: number;
  readonly enqueuedTime: Timestamp;
  readonly batchRemaining: number;
  /** Bytes of the whole record. */
  readonly size: number;
  /** The encoded AMQP message. */
  readonly wire: Buffer;
}

/** An event that has not got its place yet. */
export interface NewEvent {
  readonly partitionKey: string | undefined;
  /** The sender's own message annotations, as encoded key-value pairs. */
  readonly annotations: Buffer;
  readonly annotationPairs: number;
  /** The sections from the properties on, encoded. */
  readonly bare: Buffer;
}

/** Where an event stands in its partition. */
export interface EventPlace {
  readonly sequenceNumber: number;
  readonly offset: number;
  readonly enqueuedTime: Timestamp;
}

export const RECORD_HEADER_BYTES = 36;

/** No record is larger: a publication has 1 MiB at most, and annotations are small. A longer length is damage. */
export const MAX_RECORD_BYTES = 4 * 1024 * 1024;

const OFFSET_AT = 16;
const TWO_TO_32 = 2 ** 32;

const KEY_SEQUENCE_NUMBER = symbol('x-opt-sequence-number');
const KEY_OFFSET = symbol('x-opt-offset');
const KEY_ENQUEUED_TIME = symbol('x-opt-enqueued-time');
const KEY_PARTITION_KEY = symbol('x-opt-partition-key');

/** Message annotations: described type 0x72, then a map32. */
const ANNOTATIONS_HEAD = Buffer.from([0x00, 0x53, 0x72, 0xd1]);
const LONG = 0x81;
const TIMESTAMP = 0x83;

/** An upper bound of what `writeRecord` writes for this event. */
export function recordBound(event: NewEvent): number {
  return RECORD_HEADER_BYTES + 160 + keyBytes(event) + event.annotations.length + event.bare.length;
}

/** Writes the record of `event` at `at`; returns its size. `target` has at least `recordBound` bytes of room. */
export function writeRecord(
  target: Buffer,
  at: number,
  event: NewEvent,
  place: EventPlace,
  batchRemaining: number,
): number {
  writeSafeInteger(target, place.sequenceNumber, at + 8);
  writeSafeInteger(target, place.offset, at + OFFSET_AT);
  writeSafeInteger(target, place.enqueuedTime, at + 24);
  target.writeUInt32BE(batchRemaining, at + 32);
  let end = writeAnnotations(target, at + RECORD_HEADER_BYTES, event, place);
  end += event.bare.copy(target, end);
  target.writeUInt32BE(end - at, at);
  target.writeUInt32BE(crc32(target.subarray(at + 8, end)), at + 4);
  return end - at;
}

function writeAnnotations(target: Buffer, start: number, event: NewEvent, place: EventPlace): number {
  let at = start + ANNOTATIONS_HEAD.copy(target, start);
  const sizeAt = at;
  at += 8;
  at += KEY_SEQUENCE_NUMBER.copy(target, at);
  target[at++] = LONG;
  writeSafeInteger(target, place.sequenceNumber, at);
  at += 8;
  at += KEY_OFFSET.copy(target, at);
  at = writeString(target, at, String(place.offset));
  at += KEY_ENQUEUED_TIME.copy(target, at);
  target[at++] = TIMESTAMP;
  writeSafeInteger(target, place.enqueuedTime, at);
  at += 8;
  let pairs = 3 + event.annotationPairs;
  if (event.partitionKey !== undefined) {
    at += KEY_PARTITION_KEY.copy(target, at);
    at = writeString(target, at, event.partitionKey);
    pairs += 1;
  }
  at += event.annotations.copy(target, at);
  target.writeUInt32BE(at - sizeAt - 4, sizeAt);
  target.writeUInt32BE(pairs * 2, sizeAt + 4);
  return at;
}

/**
 * The record at `at` of a piece of log, or why there is none: `partial` when the piece ends before the
 * record does, `damaged` when these bytes are no record of this place.
 */
export function readRecord(piece: Buffer, at: number, offset: number): LogRecord | 'partial' | 'damaged' {
  if (at + RECORD_HEADER_BYTES > piece.length) return 'partial';
  const size = piece.readUInt32BE(at);
  if (size < RECORD_HEADER_BYTES || size > MAX_RECORD_BYTES || !namesItself(piece, at, offset)) return 'damaged';
  if (at + size > piece.length) return 'partial';
  if (crc32(piece.subarray(at + 8, at + size)) !== piece.readUInt32BE(at + 4)) return 'damaged';
  return {
    sequenceNumber: readSafeInteger(piece, at + 8),
    offset,
    enqueuedTime: readSafeInteger(piece, at + 24),
    batchRemaining: piece.readUInt32BE(at + 32),
    size,
    wire: piece.subarray(at + RECORD_HEADER_BYTES, at + size),
  };
}

/** The size that the record at `at` claims for itself. */
export function claimedSize(piece: Buffer, at: number): number {
  return piece.readUInt32BE(at);
}

/** The sequence number that the record at `at` claims for itself. */
export function claimedSequenceNumber(piece: Buffer, at: number): number {
  return readSafeInteger(piece, at + 8);
}

/** True where the bytes at `at` carry the offset at which they stand: a record probably begins here. */
export function namesItself(piece: Buffer, at: number, offset: number): boolean {
  return (
    piece.readUInt32BE(at + OFFSET_AT + 4) === offset >>> 0 &&
    piece.readUInt32BE(at + OFFSET_AT) === Math.floor(offset / TWO_TO_32)
  );
}

function keyBytes(event: NewEvent): number {
  return event.partitionKey === undefined ? 0 : Buffer.byteLength(event.partitionKey) + 5;
}

function symbol(name: string): Buffer {
  return Buffer.concat([Buffer.from([0xa3, name.length]), Buffer.from(name, 'ascii')]);
}

function writeString(target: Buffer, at: number, text: string): number {
  const bytes = Buffer.byteLength(text);
  if (bytes < 256) {
    target[at] = 0xa1;
    target[at + 1] = bytes;
    return at + 2 + target.write(text, at + 2, 'utf8');
  }
  target[at] = 0xb1;
  target.writeUInt32BE(bytes, at + 1);
  return at + 5 + target.write(text, at + 5, 'utf8');
}

function writeSafeInteger(target: Buffer, value: number, at: number): void {
  target.writeUInt32BE(Math.floor(value / TWO_TO_32), at);
  target.writeUInt32BE(value >>> 0, at + 4);
}

function readSafeInteger(source: Buffer, at: number): number {
  return source.readUInt32BE(at) * TWO_TO_32 + source.readUInt32BE(at + 4);
}

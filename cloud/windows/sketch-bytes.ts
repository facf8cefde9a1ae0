import type { DDSketch } from '@datadog/sketches-js';
import { type Bins, MOST_BINS } from './sketch-bins.ts';

/**
 * A sketch as bytes, version 1 (DDSketch, logarithmic mapping, 1% relative accuracy):
 *
 *     version  count  zeros  bins of the positive values  bins of the negative values
 *     bins:    how many are not empty, then of each its key and its count; the first key in zigzag coding, the others
 *              as the step up from the one before
 *
 * The version is a byte and the count 8 bytes, the highest first, as PostgreSQL's `int8send` writes it: a statement
 * can tell how many values a sketch stands for. All else is a varint of up to 53 bits, the low 7 bits first. A
 * temperature that varies takes some 60 bytes. With 2,048 bins a sign and a weight of at most 8 bytes in each, none
 * takes more than 37 kB, whatever was measured.
 */
const VERSION = 1;
const COUNT_AT = 1;
const BINS_AT = 9;

/** Keys are between ±35,500 for a double; anything beyond is not a key. */
const KEY_LIMIT = 40_000;

export function encodeSketch(sketch: DDSketch): Buffer {
  const bytes: number[] = [VERSION, 0, 0, 0, 0, 0, 0, 0, 0];
  pushVarint(bytes, sketch.zeroCount);
  pushBins(bytes, sketch.store);
  pushBins(bytes, sketch.negativeStore);
  const buffer = Buffer.from(bytes);
  buffer.writeBigUInt64BE(BigInt(sketch.count), COUNT_AT);
  return buffer;
}

function pushBins(bytes: number[], { bins, offset, minKey, maxKey, count }: Bins): void {
  if (count === 0) {
    bytes.push(0);
    return;
  }
  let used = 0;
  for (let key = minKey; key <= maxKey; key++) if (bins[key - offset]! > 0) used++;
  pushVarint(bytes, used);
  let before: number | undefined;
  for (let key = minKey; key <= maxKey; key++) {
    const weight = bins[key - offset]!;
    if (weight === 0) continue;
    pushVarint(bytes, before === undefined ? (key < 0 ? -2 * key - 1 : 2 * key) : key - before);
    pushVarint(bytes, weight);
    before = key;
  }
}

function pushVarint(bytes: number[], value: number): void {
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) + 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
}

/**
 * Reads a sketch into `empty`.
 *
 * @returns whether the bytes are a sketch of this version with bins that `addToBin` can have made
 */
export function decodeSketch(bytes: Uint8Array, empty: DDSketch): boolean {
  if (bytes[0] !== VERSION || bytes.length < BINS_AT) return false;
  const count = Buffer.from(bytes.buffer, bytes.byteOffset, BINS_AT).readBigUInt64BE(COUNT_AT);
  const reader = new Reader(bytes, BINS_AT);
  empty.zeroCount = reader.varint();
  readBins(reader, empty.store);
  readBins(reader, empty.negativeStore);
  empty.count = empty.zeroCount + empty.store.count + empty.negativeStore.count;
  return reader.isAtEnd && BigInt(empty.count) === count;
}

function readBins(reader: Reader, bins: Bins): void {
  const used = reader.varint();
  if (used > MOST_BINS) reader.fail();
  let key = 0;
  let first = 0;
  for (let place = 0; place < used && !reader.hasFailed; place++) {
    const step = reader.varint();
    const weight = reader.varint();
    if (place === 0) key = first = step % 2 === 1 ? -(step + 1) / 2 : step / 2;
    else key += step;
    const isKey = Math.abs(key) < KEY_LIMIT && key - first < MOST_BINS && (place === 0 || step > 0);
    if (isKey && weight > 0) bins.add(key, weight);
    else reader.fail();
  }
}

/** Reads varints; one that is missing or too long is read as 0, and the reader never comes to its end. */
class Reader {
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(bytes: Uint8Array, from: number) {
    this.#bytes = bytes;
    this.#at = from;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  get hasFailed(): boolean {
    return this.#at > this.#bytes.length;
  }

  fail(): void {
    this.#at = Number.POSITIVE_INFINITY;
  }

  varint(): number {
    let value = 0;
    for (let scale = 1; scale <= 2 ** 49; scale *= 0x80) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) break;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (Number.isSafeInteger(value)) return value;
        break;
      }
    }
    this.fail();
    return 0;
  }
}

import type { Duration } from '@tashika/shared/time';
import { type ChecksumKind, checksumBytes, checksumOf, usualByteOrder } from './checksum.ts';
import { bytesOfHex, type FrameConfiguration } from './frame-settings.ts';

/** Stands in the place of a run of bytes that belong to no frame. */
export const NO_FRAME = Symbol('no frame');

type FrameRules = Pick<FrameConfiguration, 'bytes' | 'start' | 'end' | 'checksum' | 'gapMs'>;

/**
 * Finds frames of fixed length in a stream of bytes, whatever the chunks. Bytes that begin no whole frame are passed
 * over one by one, so a lost or an added byte costs the frames it was in and no other. It is as sure as the checksum:
 * one of 8 bits holds for one frame in 256 by chance, one of 16 bits for one in 65,536; `start` and `end` add to that.
 * It holds one frame and the chunk at hand.
 */
export class FrameSplitter {
  readonly #bytes: number;
  readonly #start: Buffer;
  readonly #end: Buffer;
  readonly #checksum: ((frame: Buffer) => boolean) | undefined;
  readonly #gapMs: Duration;
  #held: Buffer = Buffer.alloc(0);
  #heldAt: Duration = Number.NEGATIVE_INFINITY;
  /** A run of lost bytes is told once, when it ends or begins to be long. */
  #lost = false;

  constructor({ bytes, start, end, checksum, gapMs = Number.POSITIVE_INFINITY }: FrameRules) {
    this.#bytes = bytes;
    this.#start = bytesOfHex(start);
    this.#end = bytesOfHex(end);
    this.#checksum = checksum && checksumTest(checksum, bytes);
    this.#gapMs = gapMs;
  }

  /** @param atMs when the chunk came, on a clock that never jumps */
  *push(chunk: Uint8Array, atMs: Duration): Generator<Buffer | typeof NO_FRAME> {
    if (this.#held.length > 0 && atMs - this.#heldAt >= this.#gapMs) {
      this.#held = Buffer.alloc(0);
      if (this.#lose()) yield NO_FRAME;
    }
    const bytes = Buffer.concat([this.#held, chunk]);
    let at = 0;
    while (bytes.length - at >= this.#bytes) {
      const frame = bytes.subarray(at, at + this.#bytes);
      if (this.#isWhole(frame)) {
        this.#lost = false;
        yield frame;
        at += this.#bytes;
      } else {
        if (this.#lose()) yield NO_FRAME;
        at += this.#toNextStart(bytes, at + 1) - at;
      }
    }
    // A copy, so that a small rest does not keep a large chunk in memory.
    this.#held = Buffer.from(bytes.subarray(at));
    this.#heldAt = atMs;
  }

  /** Throws away what is at hand: the device is asked anew, or the port was opened again. */
  clear(): void {
    this.#held = Buffer.alloc(0);
    this.#lost = false;
  }

  #lose(): boolean {
    const news = !this.#lost;
    this.#lost = true;
    return news;
  }

  #toNextStart(bytes: Buffer, from: number): number {
    if (this.#start.length === 0) return from;
    const next = bytes.indexOf(this.#start[0]!, from);
    return next < 0 ? bytes.length : next;
  }

  #isWhole(frame: Buffer): boolean {
    return (
      frame.some((byte) => byte !== 0) && // a line held low reads as zeros, and most checksums of zeros are zero
      frame.subarray(0, this.#start.length).equals(this.#start) &&
      frame.subarray(frame.length - this.#end.length).equals(this.#end) &&
      (this.#checksum?.(frame) ?? true)
    );
  }
}

function checksumTest(
  { kind, from, at, byteOrder }: { kind: ChecksumKind; from: number; at?: number; byteOrder?: 'big' | 'little' },
  frameBytes: number,
): (frame: Buffer) => boolean {
  const length = checksumBytes(kind);
  const place = at ?? frameBytes - length;
  const little = (byteOrder ?? usualByteOrder(kind)) === 'little';
  return (frame) => {
    const said = little ? frame.readUIntLE(place, length) : frame.readUIntBE(place, length);
    return said === checksumOf(kind, frame.subarray(from, place));
  };
}

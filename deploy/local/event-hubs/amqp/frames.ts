import { messageOf } from '@tashika/shared/errors';
import { encodeValue, types } from './codec.ts';
import { AmqpFault, Condition } from './fault.ts';
import type { Performative, PerformativeName, Performatives } from './performative-fields.ts';
import { performativeValue, readPerformative } from './performatives.ts';

export const AMQP_HEADER = Buffer.from([0x41, 0x4d, 0x51, 0x50, 0, 1, 0, 0]);
export const SASL_HEADER = Buffer.from([0x41, 0x4d, 0x51, 0x50, 3, 1, 0, 0]);
/** A frame without a performative: a heartbeat. */
export const EMPTY_FRAME = Buffer.from([0, 0, 0, 8, 2, 0, 0, 0]);

export const FRAME_HEADER_BYTES = 8;
const NO_PAYLOAD = Buffer.alloc(0);

/** What comes in: a protocol header or a frame. */
export type Incoming =
  | { readonly kind: 'header'; readonly bytes: Buffer }
  | {
      readonly kind: 'frame';
      readonly sasl: boolean;
      readonly channel: number;
      /** Absent in a heartbeat. */
      readonly performative: Performative | undefined;
      readonly payload: Buffer;
    };

/** Encodes a frame; `sasl` frames have another type and no channel. */
export function encodeFrame<Name extends PerformativeName>(
  name: Name,
  fields: Partial<Performatives[Name]>,
  channel = 0,
): Buffer {
  const body = encodeValue(performativeValue(name, fields));
  const frame = Buffer.allocUnsafe(FRAME_HEADER_BYTES + body.length);
  frame.writeUInt32BE(frame.length, 0);
  frame[4] = 2;
  frame[5] = name.startsWith('sasl') ? 1 : 0;
  frame.writeUInt16BE(channel, 6);
  body.copy(frame, FRAME_HEADER_BYTES);
  return frame;
}

/** Cuts a byte stream into headers and frames. */
export class FrameReader {
  readonly #maxFrameBytes: number;
  #pending: Buffer = NO_PAYLOAD;
  #expectsHeader = true;

  constructor(maxFrameBytes: number) {
    this.#maxFrameBytes = maxFrameBytes;
  }

  /** After the SASL layer a new header follows. */
  expectHeader(): void {
    this.#expectsHeader = true;
  }

  /**
   * Adds bytes and yields what is complete.
   *
   * @throws AmqpFault for a frame that is too large or can't be decoded
   */
  *push(bytes: Buffer): Generator<Incoming> {
    this.#pending = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes]);
    for (;;) {
      const size = this.#completeBytes();
      if (size === 0) return;
      const piece = this.#pending.subarray(0, size);
      this.#pending = this.#pending.subarray(size);
      if (this.#expectsHeader) {
        this.#expectsHeader = false;
        yield { kind: 'header', bytes: piece };
      } else {
        yield decodeFrame(piece);
      }
    }
  }

  #completeBytes(): number {
    if (this.#expectsHeader) return this.#pending.length < 8 ? 0 : 8;
    if (this.#pending.length < FRAME_HEADER_BYTES) return 0;
    const size = this.#pending.readUInt32BE(0);
    if (size < FRAME_HEADER_BYTES || size > this.#maxFrameBytes) {
      throw new AmqpFault(
        Condition.framingError,
        `A frame of ${size} bytes; at most ${this.#maxFrameBytes} are allowed.`,
      );
    }
    return this.#pending.length < size ? 0 : size;
  }
}

function decodeFrame(frame: Buffer): Incoming {
  const bodyAt = frame[4]! * 4;
  if (bodyAt < FRAME_HEADER_BYTES || bodyAt > frame.length || frame[5]! > 1) {
    throw new AmqpFault(Condition.framingError, 'A frame with an invalid header.');
  }
  const sasl = frame[5] === 1;
  const channel = sasl ? 0 : frame.readUInt16BE(6);
  if (bodyAt === frame.length) return { kind: 'frame', sasl, channel, performative: undefined, payload: NO_PAYLOAD };
  try {
    const reader = new types.Reader(frame.subarray(bodyAt));
    const performative = readPerformative(reader.read());
    if (!performative) throw new Error('not a performative of AMQP 1.0');
    return { kind: 'frame', sasl, channel, performative, payload: frame.subarray(bodyAt + reader.position) };
  } catch (error) {
    throw new AmqpFault(Condition.decodeError, `A frame that can't be decoded: ${messageOf(error)}.`);
  }
}

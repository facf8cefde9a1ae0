import { EventEmitter } from 'node:events';
import { messageOf } from '@tashika/shared/errors';
import type { Clock, Duration } from '@tashika/shared/time';
import { checksumOf } from '../serial/checksum.ts';
import { type LineSettings, type OpenPort, openPort } from '../serial/serial-port.ts';

const EXCEPTION_BYTES = 5;
const LONGEST_ANSWER = 256;

/**
 * The port under `modbus-serial`'s client: the agent's own serial line, which tells an unplug and a write that hangs.
 *
 * It hands on whole answers to the request at hand and nothing else. RTU numbers no transactions: an answer that comes
 * late looks like one to the next request, so what came before a request is thrown away with it. An answer must have
 * the request's unit and function, the length that it asked for, and a right CRC; a request that a half-duplex adapter
 * echoes has not.
 */
export class RtuPort extends EventEmitter {
  /** Rejects when the line is gone, resolves after `close`. */
  readonly closed: Promise<void>;
  readonly #settings: LineSettings;
  readonly #clock: Clock;
  readonly #writeTimeoutMs: Duration;
  #port: OpenPort | undefined;
  #expected: { readonly unitId: number; readonly code: number; readonly bytes: number } | undefined;
  #heard: Buffer = Buffer.alloc(0);
  #end!: () => void;
  #fail!: (reason: unknown) => void;

  constructor(settings: LineSettings, clock: Clock, writeTimeoutMs: Duration) {
    super();
    this.#settings = settings;
    this.#clock = clock;
    this.#writeTimeoutMs = writeTimeoutMs;
    this.closed = new Promise((resolve, reject) => {
      this.#end = resolve;
      this.#fail = reject;
    });
    this.closed.catch(() => {}); // told to whoever waits for it
  }

  get isOpen(): boolean {
    return this.#port !== undefined;
  }

  open(callback: (error: unknown) => void): void {
    openPort(this.#settings, this.#clock, (chunk) => this.#take(chunk)).then(
      (port) => {
        this.#port = port;
        port.closed.then(this.#end, (reason: unknown) => this.#lost(reason));
        callback(null);
      },
      (error: unknown) => callback(error),
    );
  }

  close(callback: () => void): void {
    const port = this.#port;
    this.#port = undefined;
    (port?.close() ?? Promise.resolve()).then(() => {
      this.#end();
      callback();
    });
  }

  /** Sends a request; its answer, if one comes, is the event `data`. */
  write(request: Buffer): void {
    this.#heard = Buffer.alloc(0);
    this.#expected = { unitId: request[0]!, code: request[1]!, bytes: answerBytes(request) };
    this.#port?.write(request, this.#writeTimeoutMs).catch((reason: unknown) => this.#lost(reason));
  }

  #lost(reason: unknown): void {
    this.#fail(new Error(messageOf(reason), { cause: reason }));
    this.emit('close');
  }

  #take(chunk: Uint8Array): void {
    const expected = this.#expected;
    if (!expected) return; // nobody asked
    this.#heard = Buffer.concat([this.#heard, chunk]);
    for (let at = 0; at + EXCEPTION_BYTES <= this.#heard.length; at++) {
      const rest = this.#heard.subarray(at);
      if (rest[0] !== expected.unitId) continue;
      const answer = rest.subarray(0, rest[1] === (expected.code | 0x80) ? EXCEPTION_BYTES : expected.bytes);
      const kind = rest[1] === (expected.code | 0x80) || (rest[1] === expected.code && rest[2] === expected.bytes - 5);
      if (kind && answer.length <= rest.length && answer.length >= EXCEPTION_BYTES && isWhole(answer)) {
        this.#expected = undefined;
        this.#heard = Buffer.alloc(0);
        this.emit('data', Buffer.from(answer));
        return;
      }
    }
    if (this.#heard.length > LONGEST_ANSWER) this.#heard = Buffer.from(this.#heard.subarray(-LONGEST_ANSWER));
  }
}

/** Unit, function, number of bytes, the data, CRC. Functions 1 and 2 give bits, 3 and 4 registers. */
function answerBytes(request: Buffer): number {
  const count = request.readUInt16BE(4);
  return 5 + (request[1]! <= 2 ? Math.ceil(count / 8) : count * 2);
}

function isWhole(answer: Buffer): boolean {
  const end = answer.length - 2;
  return answer.length > 2 && answer.readUInt16LE(end) === checksumOf('crc16-modbus', answer.subarray(0, end));
}

import type { Socket } from 'node:net';

const BLOCK_BYTES = 64 * 1024;
/** Above this, whoever sends in bulk waits until the socket has drained. */
const CONGESTED_BYTES = 1024 * 1024;

/**
 * What goes to a socket: frames written in one turn leave together, in the order in which they were
 * written. Large messages are copied into a block once and never joined again.
 */
export class Outbox {
  readonly #socket: Socket;
  #block: Buffer = Buffer.alloc(0);
  #used = 0;
  #flushed = 0;
  #scheduled = false;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** True while the peer reads more slowly than it is sent to. */
  get congested(): boolean {
    return this.#socket.writableLength + this.#used - this.#flushed > CONGESTED_BYTES;
  }

  /** Room for `bytes`, to be filled at once: the buffer and the place in it. */
  reserve(bytes: number): { target: Buffer; at: number } {
    if (this.#used + bytes > this.#block.length) {
      this.#flush();
      this.#block = Buffer.allocUnsafeSlow(Math.max(BLOCK_BYTES, bytes));
      this.#used = 0;
      this.#flushed = 0;
    }
    const at = this.#used;
    this.#used += bytes;
    this.#schedule();
    return { target: this.#block, at };
  }

  write(bytes: Buffer): void {
    const { target, at } = this.reserve(bytes.length);
    bytes.copy(target, at);
  }

  /** Sends what is left and ends the stream. */
  end(): void {
    this.#flush();
    this.#socket.end();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    process.nextTick(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#used === this.#flushed || !this.#socket.writable) return;
    this.#socket.write(this.#block.subarray(this.#flushed, this.#used));
    this.#flushed = this.#used;
  }
}

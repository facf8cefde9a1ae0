import type { Writable } from 'node:stream';

const CHUNK_LENGTH = 64 * 1024;

/** Writes lines in larger pieces, and waits for a reader that is slower. */
export class LineOutput {
  readonly #stream: Writable;
  #text = '';
  #error: NodeJS.ErrnoException | undefined;

  constructor(stream: Writable) {
    this.#stream = stream;
    stream.on('error', (error) => (this.#error = error));
  }

  /** True once nobody reads any more, as behind `| head`. */
  get isUnread(): boolean {
    return this.#error?.code === 'EPIPE';
  }

  /** @throws what the stream throws, but for a reader that has left */
  async write(value: object): Promise<void> {
    this.#text += `${JSON.stringify(value)}\n`;
    if (this.#text.length >= CHUNK_LENGTH) await this.flush();
  }

  /** Hands over what has been written. @throws what the stream throws, but for a reader that has left */
  async flush(): Promise<void> {
    const text = this.#text;
    this.#text = '';
    // The callback comes when the text is handed over, or with the error that 'error' tells as well.
    if (text !== '' && !this.#error) await new Promise<void>((resolve) => this.#stream.write(text, () => resolve()));
    if (this.#error && !this.isUnread) throw this.#error;
  }
}

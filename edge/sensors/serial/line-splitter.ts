const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Stands in the place of a line that was longer than allowed. */
export const TOO_LONG = Symbol('too long');

/**
 * Cuts a stream of bytes into lines, whatever the chunks. A line ends with LF, CR or both; empty lines are skipped.
 * It holds `maxLineBytes` and not a byte more: a device that never ends its line costs nothing but that line.
 */
export class LineSplitter {
  readonly #line: Buffer;
  #length = 0;
  #overflown = false;

  constructor(maxLineBytes: number) {
    this.#line = Buffer.allocUnsafe(maxLineBytes);
  }

  /** The lines that end in `chunk`, which is not kept. */
  push(chunk: Uint8Array): readonly (string | typeof TOO_LONG)[] {
    const lines: (string | typeof TOO_LONG)[] = [];
    let start = 0;
    for (let index = 0; index < chunk.length; index++) {
      if (chunk[index] !== LINE_FEED && chunk[index] !== CARRIAGE_RETURN) continue;
      this.#keep(chunk.subarray(start, index));
      start = index + 1;
      if (this.#overflown) lines.push(TOO_LONG);
      else if (this.#length > 0) lines.push(this.#line.toString('utf8', 0, this.#length));
      this.#length = 0;
      this.#overflown = false;
    }
    this.#keep(chunk.subarray(start));
    return lines;
  }

  #keep(part: Uint8Array): void {
    if (this.#length + part.length > this.#line.length) this.#overflown = true;
    if (this.#overflown) return;
    this.#line.set(part, this.#length);
    this.#length += part.length;
  }
}

import { closeSync, fstatSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';

const NEWLINE = 10;

/**
 * A file that only grows, by whole lines: an append that a full disk refuses half-way leaves nothing of itself behind,
 * so that the next one does not run into its torn end.
 */
export class LineFile {
  readonly #descriptor: number;
  readonly #write: typeof writeSync;
  #bytes: number;
  #torn = false;

  /**
   * Opens the file, new or not. A line that was torn by a kill is cut off.
   *
   * @param write how bytes reach the file; tests give disks that run full
   */
  constructor(path: string, write = writeSync) {
    this.#descriptor = openSync(path, 'a+');
    this.#write = write;
    this.#bytes = readFileSync(path).lastIndexOf(NEWLINE) + 1;
    this.#torn = this.#bytes < fstatSync(this.#descriptor).size;
  }

  /** Length of its whole lines. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Appends lines, all of them or none.
   *
   * Throws the system's error, `ENOSPC` above all.
   */
  append(...lines: readonly string[]): void {
    if (this.#torn) this.#cut();
    const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
    try {
      // A write may be short without an error: what is left over tells the reason.
      for (let done = 0; done < bytes.length; ) done += this.#write(this.#descriptor, bytes, done);
    } catch (error) {
      this.#torn = true;
      this.#cut();
      throw error;
    }
    this.#bytes += bytes.length;
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #cut(): void {
    ftruncateSync(this.#descriptor, this.#bytes);
    this.#torn = false;
  }
}

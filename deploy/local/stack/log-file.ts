import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { LineFile } from '../line-file/index.ts';

/** A log that never takes more than twice `maxBytes`: a full file becomes `….1` and a new one begins. */
export class LogFile {
  readonly path: string;
  readonly #maxBytes: number;
  #file: LineFile;

  constructor(path: string, maxBytes = 5 * 1024 * 1024) {
    this.path = path;
    this.#maxBytes = maxBytes;
    mkdirSync(dirname(path), { recursive: true });
    this.#file = new LineFile(path);
  }

  /** Throws the system's error; the line is left out then. */
  write(line: string): void {
    const { bytes } = this.#file;
    if (bytes > 0 && bytes + Buffer.byteLength(line) + 1 > this.#maxBytes) this.#rotate();
    this.#file.append(line);
  }

  close(): void {
    this.#file.close();
  }

  #rotate(): void {
    // Missing where an earlier try got this far and no further.
    if (existsSync(this.path)) renameSync(this.path, `${this.path}.1`);
    const fresh = new LineFile(this.path);
    this.#file.close();
    this.#file = fresh;
  }
}

import { type LogRecord, MAX_RECORD_BYTES, namesItself, RECORD_HEADER_BYTES, readRecord } from './record.ts';
import type { SegmentFile } from './segment-file.ts';

const WINDOW_BYTES = 256 * 1024;

/** What stands at a place: a record, or why there is none. */
export type Scanned = LogRecord | 'partial' | 'damaged';

/**
 * A window that moves over a segment's file, so that a scan of any size needs the memory of one window
 * (or of one record, where that is larger).
 */
export class SegmentScan {
  readonly #file: SegmentFile;
  readonly #baseOffset: number;
  readonly #size: number;
  #window: Buffer = Buffer.alloc(0);
  #windowAt = 0;

  constructor(file: SegmentFile, baseOffset: number, size: number) {
    this.#file = file;
    this.#baseOffset = baseOffset;
    this.#size = size;
  }

  /** The record at `position` of the file; `partial` when the file ends first. At once where the window holds it. */
  recordAt(position: number): Scanned | Promise<Scanned> {
    const found = position < this.#windowAt ? 'partial' : this.#inWindow(position);
    return found === 'partial' ? this.#loadRecord(position) : found;
  }

  async #loadRecord(position: number): Promise<Scanned> {
    await this.#load(position, RECORD_HEADER_BYTES);
    const found = this.#inWindow(position);
    if (found !== 'partial' || position + RECORD_HEADER_BYTES > this.#size) return found;
    await this.#load(position, MAX_RECORD_BYTES);
    return this.#inWindow(position);
  }

  #inWindow(position: number): Scanned {
    return readRecord(this.#window, position - this.#windowAt, this.#baseOffset + position);
  }

  /** The first intact record at `position` or after it. */
  async nextIntact(position: number): Promise<LogRecord | undefined> {
    for (let at = position; at + RECORD_HEADER_BYTES <= this.#size; at += 1) {
      await this.#load(at, RECORD_HEADER_BYTES);
      if (!namesItself(this.#window, at - this.#windowAt, this.#baseOffset + at)) continue;
      const record = await this.recordAt(at);
      if (typeof record === 'object') return record;
    }
    return undefined;
  }

  /** The bytes at `position`, as many as the file has up to `length`. */
  async bytes(position: number, length: number): Promise<Buffer> {
    await this.#load(position, length);
    return this.#window.subarray(position - this.#windowAt, position - this.#windowAt + length);
  }

  async #load(position: number, length: number): Promise<void> {
    const end = Math.min(position + length, this.#size);
    if (position >= this.#windowAt && end <= this.#windowAt + this.#window.length) return;
    this.#window = await this.#file.read(position, Math.min(Math.max(length, WINDOW_BYTES), this.#size - position));
    this.#windowAt = position;
  }
}

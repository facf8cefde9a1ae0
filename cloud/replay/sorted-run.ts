import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Timestamp } from '@tashika/shared/time';

/** What one region's window has counted. */
export interface WindowTotals {
  readonly windowEnd: Timestamp;
  readonly region: string;
  readings: number;
  events: number;
  late: number;
  revision: number;
}

/** The order of windows: by end, then by region. */
export function compareWindows(a: WindowTotals, b: WindowTotals): number {
  return a.windowEnd - b.windowEnd || (a.region < b.region ? -1 : a.region > b.region ? 1 : 0);
}

/** Adds up two counts of the same window. */
export function addTotals(to: WindowTotals, more: Omit<WindowTotals, 'windowEnd' | 'region'>): void {
  to.readings += more.readings;
  to.events += more.events;
  to.late += more.late;
  to.revision += more.revision;
}

const CHUNK_BYTES = 64 * 1024;
const LINE_FEED = 0x0a;

/**
 * Windows in their order, in a temporary file that has no name any more: whatever becomes of the process, the system
 * frees it.
 */
export class SortedRun {
  readonly #file: number;

  private constructor(file: number) {
    this.#file = file;
  }

  /** Writes `windows`, which come in their order. @throws what the file system throws */
  static write(windows: Iterable<WindowTotals>): SortedRun {
    const file = openNameless();
    try {
      let text = '';
      for (const { windowEnd, region, readings, events, late, revision } of windows) {
        text += `${JSON.stringify([windowEnd, region, readings, events, late, revision])}\n`;
        if (text.length < CHUNK_BYTES) continue;
        writeAll(file, text);
        text = '';
      }
      writeAll(file, text);
    } catch (error) {
      closeSync(file);
      throw error;
    }
    return new SortedRun(file);
  }

  /** Reads the windows, from the first one, a piece at a time. */
  *read(): Generator<WindowTotals> {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    let rest = Buffer.alloc(0);
    for (let position = 0; ; ) {
      const length = readSync(this.#file, chunk, 0, CHUNK_BYTES, position);
      if (length === 0) return;
      position += length;
      const bytes = Buffer.concat([rest, chunk.subarray(0, length)]);
      const end = bytes.lastIndexOf(LINE_FEED) + 1;
      rest = bytes.subarray(end);
      for (const line of bytes.toString('utf8', 0, end).split('\n')) if (line !== '') yield windowOf(line);
    }
  }

  close(): void {
    closeSync(this.#file);
  }
}

function windowOf(line: string): WindowTotals {
  const [windowEnd, region, readings, events, late, revision] = JSON.parse(line);
  return { windowEnd, region, readings, events, late, revision };
}

function openNameless(): number {
  const directory = mkdtempSync(join(tmpdir(), 'tashika-replay-'));
  try {
    return openSync(join(directory, 'windows'), 'wx+', 0o600);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function writeAll(file: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
}

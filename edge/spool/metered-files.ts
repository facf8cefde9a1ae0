import type { Clock } from '@tashika/shared/time';
import { DaysMeter, type DaysUse } from '../clock/index.ts';
import type { SegmentFile, SegmentFiles } from './segment-files.ts';

/** What is written reaches a card in whole blocks of a file system, however few bytes change. */
export const BLOCK_BYTES = 4_096;

/** What the disk was asked to do: an SD card has so many writes in it. */
export interface DiskFigures {
  readonly bytesWritten: number;
  /** The same in whole blocks, each counted whenever it was forced onto the disk. */
  readonly blockBytes: number;
  readonly syncs: number;
  /** `blockBytes` of the running day in Japan, those of earlier starts included. */
  readonly todayBytes: number;
}

export interface DiskMeterOptions {
  readonly clock: Clock;
  /** Whether the wall clock is right now. */
  readonly synced: () => boolean;
}

/** Counts what is written. */
export class DiskMeter implements DiskFigures {
  readonly #day: DaysMeter;
  #bytesWritten = 0;
  #blockBytes = 0;
  #syncs = 0;

  constructor(options: DiskMeterOptions) {
    this.#day = new DaysMeter(options);
  }

  get bytesWritten(): number {
    return this.#bytesWritten;
  }

  get blockBytes(): number {
    return this.#blockBytes;
  }

  get syncs(): number {
    return this.#syncs;
  }

  get todayBytes(): number {
    return this.use.bytes;
  }

  /** What the running day has used so far. */
  get use(): DaysUse {
    return this.#day.use;
  }

  /** Adds what earlier starts have used of the day. */
  restore(earlier: DaysUse): void {
    this.#day.restore(earlier);
  }

  wrote(bytes: number): void {
    this.#bytesWritten += bytes;
  }

  forced(blocks: number): void {
    this.#syncs++;
    this.#blockBytes += blocks * BLOCK_BYTES;
    this.#day.add(blocks * BLOCK_BYTES);
  }
}

/** The same files, counted by `meter`. */
export function meteredFiles(files: SegmentFiles, meter: DiskMeter): SegmentFiles {
  return {
    list: (folder) => files.list(folder),
    makeFolder: (folder) => files.makeFolder(folder),
    removeFolder: (folder) => files.removeFolder(folder),
    remove: (path) => files.remove(path),
    move: (from, to) => files.move(from, to),
    create: async (path) => meteredFile(await files.create(path), meter),
    open: async (path) => meteredFile(await files.open(path), meter),
    syncFolder: (folder) => {
      meter.forced(1);
      return files.syncFolder(folder);
    },
  };
}

function meteredFile(file: SegmentFile, meter: DiskMeter): SegmentFile {
  /** Blocks written since the last sync. */
  const dirty = new Set<number>();
  return {
    size: () => file.size(),
    read: (position, length) => file.read(position, length),
    write: (position, bytes) => {
      meter.wrote(bytes.length);
      const end = position + bytes.length;
      for (let block = Math.floor(position / BLOCK_BYTES); block * BLOCK_BYTES < end; block++) dirty.add(block);
      return file.write(position, bytes);
    },
    truncate: (length) => file.truncate(length),
    sync: () => {
      meter.forced(dirty.size);
      dirty.clear();
      return file.sync();
    },
    close: () => file.close(),
  };
}

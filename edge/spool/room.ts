import type { Group } from './group.ts';
import type { MemoryQueue } from './memory-queue.ts';
import type { SpoolOptions } from './options.ts';
import { SEGMENT_HEADER_BYTES } from './segment.ts';
import type { Shelf } from './shelf.ts';

/** Room for readings, in memory and on the disk: what has to go for it, by the spool's policy. */
export class Room {
  readonly #options: Pick<SpoolOptions, 'memoryBytes' | 'maxBytes' | 'segmentBytes' | 'policy'>;
  readonly #shelf: Shelf;
  readonly #memory: MemoryQueue;

  constructor(
    options: Pick<SpoolOptions, 'memoryBytes' | 'maxBytes' | 'segmentBytes' | 'policy'>,
    shelf: Shelf,
    memory: MemoryQueue,
  ) {
    this.#options = options;
    this.#shelf = shelf;
    this.#memory = memory;
  }

  /** Makes room in memory for a record; false where there is none, and nothing older may go for it. */
  inMemory(bytes: number): boolean {
    const { memoryBytes, maxBytes, policy } = this.#options;
    if (policy === 'drop-newest') {
      const disk = this.#shelf.bytes - this.#shelf.sentBytes + SEGMENT_HEADER_BYTES + this.#memory.bytes;
      return this.#memory.bytes + bytes <= memoryBytes && disk + bytes <= maxBytes;
    }
    while (this.#memory.bytes + bytes > memoryBytes) {
      const dropped = this.#memory.dropOldest();
      if (!dropped) return false;
      this.#shelf.newest.giveUp([dropped], 'memory-full');
    }
    return true;
  }

  /**
   * Writes a group of records onto the disk, where older ones go for it if they must. Rejects with the system's error
   * when the disk can't be written.
   */
  async write(group: Group): Promise<void> {
    const { maxBytes, memoryBytes, segmentBytes, policy } = this.#options;
    // A segment that is thinned out is there twice for a moment.
    const spare = policy === 'thin-out' ? segmentBytes : 0;
    const bytes = group.length + SEGMENT_HEADER_BYTES + spare;
    for (;;) {
      try {
        while (this.#shelf.bytes + this.#shelf.setAsideBytes + bytes > maxBytes && (await this.#freeFile()));
        return await this.#shelf.newest.append(group.bytes, group.first, group.last);
      } catch (error) {
        // A full disk with memory running out: the oldest readings on the disk go before the newest in memory.
        const pressed = policy !== 'drop-newest' && this.#memory.bytes > memoryBytes / 2;
        if (!pressed || !(await this.#freeFile().catch(() => false))) throw error;
      }
    }
  }

  /**
   * Frees one file: corrupt ones first, which can't be counted any more, then what the link has, then readings, where
   * the policy says so.
   */
  async #freeFile(): Promise<boolean> {
    if ((await this.#shelf.dropSetAside()) || (await this.#shelf.dropSent())) return true;
    const { policy } = this.#options;
    if (policy === 'thin-out' && (await this.#shelf.thinOut())) return true;
    return policy !== 'drop-newest' && (await this.#shelf.dropOldest());
  }
}

import type { SequenceRange } from '@tashika/shared/sequence';
import { type Fate, Group } from './group.ts';
import type { Reading, SpooledReading } from './reading.ts';
import { parseRecords } from './record.ts';

/** Readings on their way to the disk: closed groups, oldest first, and the one that is still being filled. */
export class MemoryQueue {
  readonly #seed: number;
  readonly #bootId: string;
  readonly #groupBytes: number;
  #closed: Group[] = [];
  #filling: Group | undefined;
  #closedBytes = 0;
  #writing = false;

  /** @param groupBytes a group is closed when it is so long */
  constructor(options: { seed: number; bootId: string; groupBytes: number }) {
    this.#seed = options.seed;
    this.#bootId = options.bootId;
    this.#groupBytes = options.groupBytes;
  }

  get bytes(): number {
    return this.#closedBytes + (this.#filling?.length ?? 0);
  }

  /** Readings in the group that is being filled. */
  get filling(): number {
    return this.#filling?.count ?? 0;
  }

  /** Adds a reading; true when that closed a group. */
  add(sequence: number, reading: Reading): { readonly settled: Promise<Fate>; readonly closed: boolean } {
    this.#filling ??= new Group(this.#seed);
    const group = this.#filling;
    group.add(sequence, reading);
    const closed = group.length >= this.#groupBytes;
    if (closed) this.close();
    return { settled: group.settled, closed };
  }

  /** Closes the group that is being filled. */
  close(): void {
    if (!this.#filling) return;
    this.#closed.push(this.#filling);
    this.#closedBytes += this.#filling.length;
    this.#filling = undefined;
  }

  /** Hands each closed group to `write`, oldest first, until one is refused; that error, or `undefined`. */
  async drain(write: (group: Group) => Promise<void>): Promise<unknown> {
    for (let group = this.#closed[0]; group; group = this.#closed[0]) {
      this.#writing = true;
      try {
        await write(group);
      } catch (error) {
        return error;
      } finally {
        this.#writing = false;
      }
      this.#remove(group, 'durable');
    }
    return undefined;
  }

  /** Everything closed is as safe as it can be without a disk. */
  settleInMemory(): void {
    for (const group of this.#closed) group.settle('memory');
  }

  /** Gives up the oldest group that is not being written; its numbers, or `undefined` when there is none. */
  dropOldest(): SequenceRange | undefined {
    const group = this.#closed[this.#writing ? 1 : 0];
    if (!group) return undefined;
    this.#remove(group, 'lost');
    return [group.first, group.last];
  }

  /** Forgets the groups at the front that are done with. */
  forget(isDone: (range: SequenceRange) => boolean): void {
    for (
      let group = this.#closed[0];
      group && !this.#writing && isDone([group.first, group.last]);
      group = this.#closed[0]
    )
      this.#remove(group, 'durable');
  }

  /** Readings `from` to `through` in closed groups, in order, until `take` refuses one; false then. */
  read(from: number, through: number, take: (reading: SpooledReading) => boolean): boolean {
    for (const group of this.#closed) {
      if (group.last < from) continue;
      for (const { record } of parseRecords(group.bytes, this.#seed, true).records) {
        if (record.sequence < from) continue;
        if (record.sequence > through) return true;
        if (!take({ ...record, bootId: this.#bootId })) return false;
      }
    }
    return true;
  }

  #remove(group: Group, fate: Fate): void {
    const index = this.#closed.indexOf(group);
    if (index < 0) return;
    this.#closed.splice(index, 1);
    this.#closedBytes -= group.length;
    group.settle(fate);
  }
}

import type { Reading } from './reading.ts';
import { RecordWriter } from './record.ts';

/** What became of a reading: on the disk, in memory because the disk takes nothing, or given up and told. */
export type Fate = 'durable' | 'memory' | 'lost';

/** Readings that are written, forced onto the disk and told of together. */
export class Group {
  readonly settled: Promise<Fate>;
  #first = 0;
  #last = 0;
  #count = 0;
  #settle!: (fate: Fate) => void;
  readonly #records: RecordWriter;

  constructor(seed: number) {
    this.#records = new RecordWriter(seed);
    this.settled = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  get first(): number {
    return this.#first;
  }

  get last(): number {
    return this.#last;
  }

  get count(): number {
    return this.#count;
  }

  get bytes(): Buffer {
    return this.#records.bytes;
  }

  get length(): number {
    return this.#records.length;
  }

  add(sequence: number, reading: Reading): void {
    if (this.#count === 0) this.#first = sequence;
    this.#last = sequence;
    this.#count++;
    this.#records.add(sequence, reading);
  }

  /** The first call decides. */
  settle(fate: Fate): void {
    this.#settle(fate);
  }
}

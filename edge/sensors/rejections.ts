/**
 * Counts what a device sent and could not be read. It speaks up at 1, 10, 100 … rejections: enough to notice, and a
 * device that sends garbage for a week does not fill a log. It keeps no text of what came: that may be private.
 */
export class Rejections {
  readonly #noun: string;
  readonly #tell: (sentence: string) => void;
  #count = 0;
  #tellAt = 1;

  /** @param noun what is counted, in the plural: `lines` */
  constructor(noun: string, tell: (sentence: string) => void) {
    this.#noun = noun;
    this.#tell = tell;
  }

  get count(): number {
    return this.#count;
  }

  add(problem: string): void {
    this.#count++;
    if (this.#count < this.#tellAt) return;
    this.#tellAt *= 10;
    const what = this.#count === 1 ? `One of the ${this.#noun}` : `${this.#count} ${this.#noun}`;
    this.#tell(`${what} could not be read so far; the last one: ${problem}`);
  }
}

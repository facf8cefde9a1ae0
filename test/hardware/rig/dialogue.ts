import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

/** A conversation in lines: one question after the other, each answered by the lines up to one that ends the answer. */
export class Dialogue {
  readonly #out: Writable;
  readonly #unasked: (line: string) => void;
  #answer: { lines: string[]; isLast: (line: string) => boolean; done: (lines: string[]) => void } | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #ended: ((reason: Error) => void)[] = [];

  /** @param unasked takes the lines that belong to no answer */
  constructor(input: Readable, out: Writable, unasked: (line: string) => void = () => {}) {
    this.#out = out;
    this.#unasked = unasked;
    input.on('error', () => {});
    out.on('error', () => {});
    createInterface({ input })
      .on('line', (line) => this.#take(line))
      .on('close', () => this.end('it has ended'));
  }

  /** @param question left out: only the answer is waited for */
  ask(question: string | undefined, isLast: (line: string) => boolean): Promise<string[]> {
    const answer = this.#turn.then(
      () =>
        new Promise<string[]>((resolve, reject) => {
          this.#ended.push(reject);
          this.#answer = { lines: [], isLast, done: resolve };
          if (question !== undefined) this.#out.write(`${question}\n`);
        }),
    );
    this.#turn = answer.catch(() => {});
    return answer;
  }

  end(reason: string): void {
    for (const reject of this.#ended.splice(0)) reject(new Error(`No answer: ${reason}.`));
  }

  #take(line: string): void {
    const answer = this.#answer;
    if (!answer) {
      this.#unasked(line);
      return;
    }
    answer.lines.push(line);
    if (!answer.isLast(line)) return;
    this.#answer = undefined;
    this.#ended = [];
    answer.done(answer.lines);
  }
}

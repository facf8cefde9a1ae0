import type { GpioConfiguration } from '../config.ts';

/**
 * Decides which levels are news. Edges may be merged by the kernel under load, so what counts is the level that is
 * read back, never the number of edges.
 */
export class LevelChanges {
  readonly #edge: GpioConfiguration['edge'];
  #last: boolean | undefined;

  constructor(edge: GpioConfiguration['edge']) {
    this.#edge = edge;
  }

  /** @returns whether `level` is a reading: a change in a wanted direction; for `both` also the first level known */
  isNews(level: boolean): boolean {
    if (level === this.#last) return false;
    const first = this.#last === undefined;
    this.#last = level;
    if (this.#edge === 'both') return true;
    return !first && level === (this.#edge === 'rising');
  }
}

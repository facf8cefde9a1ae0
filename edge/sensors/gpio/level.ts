import type { WatchOptions } from './libgpiod.ts';

/**
 * Decides which levels are news. Edges may be merged by the kernel under load, so what counts is the level that is
 * read back, never the number of edges.
 */
export class LevelChanges {
  readonly #edge: WatchOptions['edge'];
  #last: boolean | undefined;

  constructor(edge: WatchOptions['edge']) {
    this.#edge = edge;
  }

  /**
   * Takes the level that is known now.
   *
   * @returns `moved`: it is another than before; `news`: it is a reading, which is a change in a wanted direction and,
   * for `both`, also the first level known
   */
  take(level: boolean): { readonly moved: boolean; readonly news: boolean } {
    if (level === this.#last) return { moved: false, news: false };
    const first = this.#last === undefined;
    this.#last = level;
    const wanted = this.#edge === 'both' || (!first && level === (this.#edge === 'rising'));
    return { moved: !first, news: wanted };
  }
}

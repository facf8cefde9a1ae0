import type { LineEdge } from './libgpiod.ts';

/**
 * Debouncing where the kernel does not do it (libgpiod 1), by the kernel's own timestamps: a level counts when it has
 * been there for `debounceMs`. It does not matter how late the edges arrive, so a busy process changes no count.
 */
export class Debounce {
  readonly #debounceMs: number;
  #settled: boolean | undefined;
  #last: LineEdge | undefined;

  /** @param level before the first edge; undefined where it is not known */
  constructor(debounceMs: number, level?: boolean) {
    this.#debounceMs = debounceMs;
    this.#settled = level;
  }

  /** Whether an edge waits for its level to have been there long enough. */
  get waiting(): boolean {
    return this.#last !== undefined;
  }

  /** Takes an edge. @returns the change before it, if its level was there for long enough */
  take(edge: LineEdge): LineEdge | undefined {
    if (this.#debounceMs === 0) return edge;
    // The first edge ever tells what the level was before it: the other one.
    this.#settled ??= !edge.level;
    const last = this.#last;
    const change = last && edge.kernelMs - last.kernelMs >= this.#debounceMs ? this.#settle(last) : undefined;
    this.#last = edge;
    return change;
  }

  /** Nothing came for `debounceMs`. @returns the change to the level that is there now, if it is one */
  quiet(): LineEdge | undefined {
    const last = this.#last;
    this.#last = undefined;
    return last && this.#settle(last);
  }

  #settle(edge: LineEdge): LineEdge | undefined {
    if (edge.level === this.#settled) return undefined;
    this.#settled = edge.level;
    return edge;
  }
}

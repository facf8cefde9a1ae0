import type { WindowDelta } from '../windows/index.ts';
import { addTotals, compareWindows, SortedRun, type WindowTotals } from './sorted-run.ts';

/** Windows kept in memory: some 10 MB. */
const MOST_IN_MEMORY = 50_000;
/** Temporary files open at once. */
const MOST_RUNS = 64;

/**
 * What every window has counted, in constant memory: when there are too many, they go to a temporary file in their
 * order and are counted anew. Counts add up, so that the files are merged in the end.
 */
export class WindowTable {
  readonly #mostInMemory: number;
  #windows = new Map<string, WindowTotals>();
  #runs: SortedRun[] = [];

  constructor(mostInMemory: number = MOST_IN_MEMORY) {
    this.#mostInMemory = mostInMemory;
  }

  /** Adds what one event brought. One that brought a final window something has revised it. */
  add(deltas: readonly WindowDelta[]): void {
    for (const { windowEnd, region, readings, events, late } of deltas) {
      const totals = { readings, events, late, revision: late > 0 ? 1 : 0 };
      const key = `${windowEnd} ${region}`;
      const known = this.#windows.get(key);
      if (known) addTotals(known, totals);
      else this.#windows.set(key, { windowEnd, region, ...totals });
    }
    if (this.#windows.size > this.#mostInMemory) this.#spill();
  }

  /** Every window, in order of its end, then its region. */
  *sorted(): Generator<WindowTotals> {
    yield* merged([...this.#runs.map((run) => run.read()), this.#inMemory()]);
  }

  /** Gives the temporary files back. */
  close(): void {
    for (const run of this.#runs) run.close();
    this.#runs = [];
  }

  #spill(): void {
    const isFull = this.#runs.length + 1 >= MOST_RUNS;
    const run = SortedRun.write(isFull ? this.sorted() : this.#inMemory());
    if (isFull) this.close();
    this.#runs.push(run);
    this.#windows = new Map();
  }

  #inMemory(): IterableIterator<WindowTotals> {
    return [...this.#windows.values()].sort(compareWindows).values();
  }
}

/** Merges sources that are in order; what they have of the same window is added up. */
function* merged(sources: readonly Iterator<WindowTotals>[]): Generator<WindowTotals> {
  const heads: Head[] = [];
  for (const source of sources) advance(heads, { source, window: undefined });
  while (heads.length > 0) {
    let least = heads[0]!.window!;
    for (const { window } of heads) if (compareWindows(window!, least) < 0) least = window!;
    const sum: WindowTotals = { ...least, readings: 0, events: 0, late: 0, revision: 0 };
    for (const head of heads.splice(0)) {
      if (compareWindows(head.window!, sum) !== 0) heads.push(head);
      else {
        addTotals(sum, head.window!);
        advance(heads, head);
      }
    }
    yield sum;
  }
}

interface Head {
  readonly source: Iterator<WindowTotals>;
  window: WindowTotals | undefined;
}

/** Takes the next window of a source, and the source among the heads again unless it has none. */
function advance(heads: Head[], head: Head): void {
  const next = head.source.next();
  if (next.done) return;
  head.window = next.value;
  heads.push(head);
}

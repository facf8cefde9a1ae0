import type { Duration } from '@tashika/shared/time';
import { type BootClock, DaysMeter, type DaysUse, untilNextDay } from '../clock/index.ts';
import type { Allowance } from './uplink.ts';

/** What becomes of readings when the day's bytes are spent. */
export type WhenSpent = 'hold' | 'sparse';

export interface BudgetOptions {
  readonly dailyBytes: number;
  readonly whenSpent: WhenSpent;
  /** With `sparse`: one post of one reading in so long. */
  readonly sparseMs: Duration;
  readonly clock: BootClock;
  /** Whether the wall clock is right now. */
  readonly synced: () => boolean;
  /** What was used before the start. */
  readonly used: DaysUse;
  /** What others have used of the same link on that day. */
  readonly others?: ((day: DaysUse['day']) => number) | undefined;
}

export interface BudgetFigures {
  readonly bytesUsed: number;
  readonly limitBytes: number;
}

/** The clock may become right, and the day another: a wait is looked at again after so long. */
const LOOK_AGAIN: Duration = 60_000;

/**
 * The bytes that a metered link may take in a day. Once they are spent, `hold` lets the readings wait in the spool
 * until the next day; `sparse` sends one reading now and then, with how many wait behind it, so that silence is not
 * taken for death. The post under way when the budget ends, and the sparse ones, are beyond it, and are counted.
 */
export class Budget implements Allowance {
  readonly #options: BudgetOptions;
  readonly #day: DaysMeter;
  #spentAt: Duration | undefined;

  constructor(options: BudgetOptions) {
    this.#options = options;
    this.#day = new DaysMeter(options);
  }

  get use(): DaysUse {
    return this.#day.use;
  }

  get figures(): BudgetFigures {
    return { bytesUsed: this.#usedByAll(this.use), limitBytes: this.#options.dailyBytes };
  }

  spend(bytes: number): void {
    this.#day.add(bytes);
    this.#spentAt = this.#options.clock.monotonic();
  }

  next(): ReturnType<Allowance['next']> {
    const { dailyBytes, whenSpent, sparseMs, clock, synced } = this.#options;
    const { use } = this;
    if (this.#usedByAll(use) < dailyBytes) return { waitMs: 0, readings: Number.POSITIVE_INFINITY };
    const nextDay = untilNextDay(use, clock.now(), synced());
    if (whenSpent === 'hold') return { waitMs: Math.max(1, Math.min(nextDay, LOOK_AGAIN)), readings: 0 };
    const nextSparse = this.#spentAt === undefined ? 0 : this.#spentAt + sparseMs - clock.monotonic();
    return { waitMs: Math.max(0, Math.min(nextSparse, nextDay, LOOK_AGAIN)), readings: 1 };
  }

  #usedByAll({ bytes, day }: DaysUse): number {
    return bytes + (this.#options.others?.(day) ?? 0);
  }
}

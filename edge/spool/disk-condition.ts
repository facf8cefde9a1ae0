import type { SpoolOptions } from './options.ts';

/** How the disk is doing, as far as writing to it tells. A person is told of each change, once. */
export class DiskCondition {
  readonly #options: Pick<SpoolOptions, 'meter' | 'dailyWriteBytes' | 'report'>;
  #refuses = false;
  #writeBudgetSpent = false;

  constructor(options: Pick<SpoolOptions, 'meter' | 'dailyWriteBytes' | 'report'>) {
    this.#options = options;
  }

  /** Whether it took nothing when it was last written to. */
  get refuses(): boolean {
    return this.#refuses;
  }

  /** Whether the day has written more than it should. */
  get writeBudgetSpent(): boolean {
    return this.#writeBudgetSpent;
  }

  refused(error: unknown): void {
    if (this.#refuses) return;
    this.#refuses = true;
    this.#options.report({ kind: 'disk-refuses', error });
  }

  accepted(): void {
    if (!this.#refuses) return;
    this.#refuses = false;
    this.#options.report({ kind: 'disk-recovered' });
  }

  /** Looks at what the day has written; to be called after writing. */
  watchWrites(): void {
    const { meter, dailyWriteBytes: budget = Number.POSITIVE_INFINITY, report } = this.#options;
    const bytes = meter?.todayBytes ?? 0;
    const spent = bytes >= budget;
    if (spent && !this.#writeBudgetSpent) report({ kind: 'write-budget-spent', bytes, budget });
    this.#writeBudgetSpent = spent;
  }
}

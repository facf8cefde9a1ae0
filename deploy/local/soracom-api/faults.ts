import type { Duration } from '@tashika/shared/time';

/** How the API fails when it is told to. */
export type FaultKind =
  /** Answers 429, and changes nothing. */
  | 'too-many-requests'
  /** Answers 500, and changes nothing. */
  | 'internal-error'
  /** Makes the change, and answers 500. */
  | 'internal-error-after-the-change'
  /** Cuts the connection, and changes nothing. */
  | 'cut-before-the-change'
  /** Makes the change, and cuts the connection instead of answering. */
  | 'cut-after-the-change'
  /** Every token given out has expired by now. */
  | 'tokens-expired'
  /** Answers a while later. */
  | 'slow';

export interface Fault {
  readonly kind: FaultKind;
  /** Which requests it befalls: `PUT /groups/`, say, is the beginning of `METHOD PATH`. Left out: any. */
  readonly on?: string;
  /** How many requests it befalls; standard 1. */
  readonly times?: number;
  /** How many requests like that go well before. */
  readonly after?: number;
  /** For `slow`: how much later, in ms. */
  readonly delayMs?: Duration;
}

/** What goes wrong, set by tests at any time. */
export class Faults {
  /** The most that a page of a list holds, whatever is asked for; undefined for the usual. */
  pageSize: number | undefined;
  #pending: { readonly fault: Fault; spared: number; left: number }[] = [];

  add(fault: Fault): void {
    this.#pending.push({ fault, spared: fault.after ?? 0, left: fault.times ?? 1 });
  }

  /** What befalls this request; the first fault that fits. */
  take(method: string, path: string): Fault | undefined {
    for (const pending of this.#pending) {
      if (!`${method} ${path}`.startsWith(pending.fault.on ?? '')) continue;
      if (pending.spared > 0) {
        pending.spared -= 1;
        continue;
      }
      pending.left -= 1;
      if (pending.left === 0) this.#pending = this.#pending.filter((each) => each !== pending);
      return pending.fault;
    }
    return undefined;
  }
}

import type { Clock, Duration, TimerHandle } from '@tashika/shared/time';

/** An alarm that can only be brought nearer. What waits for it goes round once per ring. */
export class Alarm {
  readonly #clock: Clock;
  #set: { readonly at: Duration; readonly timer: TimerHandle } | undefined;
  #rang = false;
  #stopped = false;
  #wake: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Has the alarm ring in `delayMs`, or when it would have rung anyway if that is earlier. */
  within(delayMs: Duration): void {
    const delay = Math.max(0, delayMs);
    const at = this.#clock.monotonic() + delay;
    if (this.#stopped || (this.#set && this.#set.at <= at)) return;
    this.#set?.timer.cancel();
    this.#set = { at, timer: this.#clock.after(delay, () => this.#ring()) };
  }

  /** Resolves with true when the alarm rings, at once if it rang since the last time; with false once stopped. */
  async rung(): Promise<boolean> {
    if (!this.#rang && !this.#stopped) await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#rang = false;
    return !this.#stopped;
  }

  stop(): void {
    this.#stopped = true;
    this.#set?.timer.cancel();
    this.#wake?.();
  }

  #ring(): void {
    this.#set = undefined;
    this.#rang = true;
    this.#wake?.();
  }
}

import { type ReadonlySignal, signal } from '@preact/signals';
import { messageOf } from '@tashika/shared/errors';
import type { Clock, Duration, TimerHandle } from '@tashika/shared/time';

/** What was fetched last, and why the latest attempt failed, if it did. */
export interface Fetched<T> {
  readonly value: T | null;
  readonly error: string | null;
}

/** Fetches a list again and again, one request at a time. A failure keeps the value and says so beside it. */
export class Polled<T> {
  readonly #fetch: (signal: AbortSignal) => Promise<T>;
  readonly #clock: Clock;
  readonly #every: Duration;
  readonly #mayPoll: () => boolean;
  readonly #state = signal<Fetched<T>>({ value: null, error: null });
  #timer: TimerHandle | null = null;
  #request: AbortController | null = null;

  /** `mayPoll` false skips a turn, as while nobody looks at the page. */
  constructor(options: {
    readonly fetch: (signal: AbortSignal) => Promise<T>;
    readonly clock: Clock;
    readonly every: Duration;
    readonly mayPoll: () => boolean;
  }) {
    this.#fetch = options.fetch;
    this.#clock = options.clock;
    this.#every = options.every;
    this.#mayPoll = options.mayPoll;
  }

  get state(): ReadonlySignal<Fetched<T>> {
    return this.#state;
  }

  /** Forgets the value: what is asked for from now on is something else. */
  restart(): void {
    this.#state.value = { value: null, error: null };
    void this.refresh();
  }

  /** Fetches now and counts the interval anew; an unfinished request is abandoned. */
  async refresh(): Promise<void> {
    this.stop();
    const request = new AbortController();
    this.#request = request;
    try {
      const value = await this.#fetch(request.signal);
      if (!request.signal.aborted) this.#state.value = { value, error: null };
    } catch (error) {
      if (!request.signal.aborted) this.#state.value = { value: this.#state.value.value, error: messageOf(error) };
    }
    if (!request.signal.aborted) this.#scheduleNext();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#request?.abort();
  }

  #scheduleNext(): void {
    this.#timer = this.#clock.after(this.#every, () => {
      if (this.#mayPoll()) void this.refresh();
      else this.#scheduleNext();
    });
  }
}

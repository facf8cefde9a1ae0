/** Milliseconds since the Unix epoch. */
export type Timestamp = number;

/** A length of time in milliseconds. */
export type Duration = number;

/** A pending timer; `cancel` is idempotent. */
export interface TimerHandle {
  cancel(): void;
}

/**
 * The one source of time. Logic takes a Clock and never asks the system itself, so that a test walks
 * through hours without waiting.
 */
export interface Clock {
  /** Wall time, Unix milliseconds. It may jump, in both directions. */
  now(): Timestamp;
  /** Milliseconds on a clock that never jumps; the origin is arbitrary and differs per process. */
  monotonic(): Duration;
  /** Runs `callback` once after `delayMs`. The timer keeps the process alive. */
  after(delayMs: Duration, callback: () => void): TimerHandle;
  /** Resolves after `delayMs`; rejects with the signal's reason when it is aborted first. */
  sleep(delayMs: Duration, signal?: AbortSignal): Promise<void>;
}

abstract class TimerClock implements Clock {
  abstract now(): Timestamp;
  abstract monotonic(): Duration;
  abstract after(delayMs: Duration, callback: () => void): TimerHandle;

  sleep(delayMs: Duration, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = () => {
        timer.cancel();
        reject(signal?.reason);
      };
      const timer = this.after(delayMs, () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      });
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }
}

class SystemClock extends TimerClock {
  now(): Timestamp {
    return Date.now();
  }

  monotonic(): Duration {
    return performance.now();
  }

  after(delayMs: Duration, callback: () => void): TimerHandle {
    const timer = setTimeout(callback, delayMs);
    return { cancel: () => clearTimeout(timer) };
  }
}

/** The machine's own clock. */
export const systemClock: Clock = new SystemClock();

/** A clock that moves only when told to; timers fire in order of their due time. */
export class TestClock extends TimerClock {
  #wall: Timestamp;
  #monotonic: Duration = 0;
  #timers: { dueAt: Duration; callback: () => void }[] = [];

  constructor(wall: Timestamp = Date.UTC(2026, 0, 1)) {
    super();
    this.#wall = wall;
  }

  now(): Timestamp {
    return this.#wall;
  }

  monotonic(): Duration {
    return this.#monotonic;
  }

  /** Timers that have not fired yet. */
  get pending(): number {
    return this.#timers.length;
  }

  after(delayMs: Duration, callback: () => void): TimerHandle {
    const timer = { dueAt: this.#monotonic + Math.max(0, delayMs), callback };
    this.#timers.push(timer);
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((each) => each !== timer);
      },
    };
  }

  /** Sets wall time alone, as NTP or an operator would; no timer fires. */
  setWall(wall: Timestamp): void {
    this.#wall = wall;
  }

  /**
   * Moves both clocks forward by `ms`, firing each timer at its due time. Between timers it lets
   * promises settle, so code that awaits one sleep after the other is walked through in order.
   */
  async advance(ms: Duration): Promise<void> {
    const target = this.#monotonic + ms;
    await settle();
    for (;;) {
      const next = this.#timers.filter((timer) => timer.dueAt <= target).sort((a, b) => a.dueAt - b.dueAt)[0];
      if (!next) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#moveTo(next.dueAt);
      next.callback();
      await settle();
    }
    this.#moveTo(target);
  }

  #moveTo(monotonic: Duration): void {
    this.#wall += monotonic - this.#monotonic;
    this.#monotonic = monotonic;
  }
}

function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

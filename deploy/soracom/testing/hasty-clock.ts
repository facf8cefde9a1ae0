import { type Clock, systemClock, type TimerHandle } from '@tashika/shared/time';

/** A clock on which waiting takes no time, though time passes: for runs that wait much between real requests. */
export class HastyClock implements Clock {
  #ahead = 0;
  /** How long has been slept in all, in ms. */
  slept = 0;

  now(): number {
    return Math.round(systemClock.now() + this.#ahead);
  }

  monotonic(): number {
    return systemClock.monotonic() + this.#ahead;
  }

  after(delayMs: number, callback: () => void): TimerHandle {
    return systemClock.after(delayMs, callback);
  }

  async sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.#ahead += delayMs;
    this.slept += delayMs;
    await new Promise((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
  }
}

import type { Clock, Duration } from '@tashika/shared/time';

/** What is begun and not finished, of one kind of work. */
export interface WorkState {
  readonly inHand: number;
  /** When it last got on: something was finished, or begun where nothing was in hand. By the monotonic clock. */
  readonly movedAt: Duration;
}

/** Knows whether work that was begun is finished. */
export class Work {
  readonly #clock: Clock;
  #inHand = 0;
  #movedAt: Duration;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#movedAt = clock.monotonic();
  }

  get state(): WorkState {
    return { inHand: this.#inHand, movedAt: this.#movedAt };
  }

  /** Takes a piece in hand until its promise settles, well or badly. */
  track<T>(piece: Promise<T>): Promise<T> {
    if (this.#inHand++ === 0) this.#movedAt = this.#clock.monotonic();
    const done = () => {
      this.#inHand--;
      this.#movedAt = this.#clock.monotonic();
    };
    piece.then(done, done);
    return piece;
  }
}

/** The same object, of which calls to `methods`, which must return promises, are pieces of work. */
export function tracked<T extends object>(target: T, methods: readonly (keyof T)[], work: Work): T {
  return new Proxy(target, {
    get(_target, key) {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== 'function') return value;
      if (!methods.includes(key as keyof T)) return value.bind(target);
      return (...args: unknown[]) => work.track(value.apply(target, args) as Promise<unknown>);
    },
  });
}

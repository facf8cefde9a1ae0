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
  #latest: Promise<unknown> | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#movedAt = clock.monotonic();
  }

  get state(): WorkState {
    return { inHand: this.#inHand, movedAt: this.#movedAt };
  }

  /** Takes a piece in hand until its promise settles, well or badly; what shares one promise is one piece. */
  track<T>(piece: Promise<T>): Promise<T> {
    if (piece === this.#latest) return piece;
    this.#latest = piece;
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
  const called = new Map<PropertyKey, unknown>(
    methods.map((key) => [
      key,
      (...args: unknown[]) => work.track((target[key] as (...args: unknown[]) => Promise<unknown>)(...args)),
    ]),
  );
  return new Proxy(target, {
    get(_target, key) {
      const method = called.get(key);
      if (method) return method;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

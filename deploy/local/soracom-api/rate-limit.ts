import type { Clock, Duration } from '@tashika/shared/time';

const MINUTE_MS: Duration = 60_000;

/** How a request stands to the limit. */
export interface Allowance {
  readonly allowed: boolean;
  readonly limit: number;
  readonly remaining: number;
  readonly secondsBeforeRefresh: number;
}

/**
 * So many requests a minute for each kind of resource (`groups`, `sims` …), counted from the first one on. SORACOM's
 * own figures are not published; each answer tells how it stands.
 */
export class RateLimit {
  readonly #perMinute: number;
  readonly #clock: Clock;
  readonly #windows = new Map<string, { readonly beganAt: Duration; count: number }>();

  constructor(perMinute: number, clock: Clock) {
    this.#perMinute = perMinute;
    this.#clock = clock;
  }

  take(resource: string): Allowance {
    const now = this.#clock.monotonic();
    let window = this.#windows.get(resource);
    if (!window || now - window.beganAt >= MINUTE_MS) {
      window = { beganAt: now, count: 0 };
      this.#windows.set(resource, window);
    }
    window.count += 1;
    return {
      allowed: window.count <= this.#perMinute,
      limit: this.#perMinute,
      remaining: Math.max(0, this.#perMinute - window.count),
      secondsBeforeRefresh: Math.ceil((window.beganAt + MINUTE_MS - now) / 1_000),
    };
  }
}

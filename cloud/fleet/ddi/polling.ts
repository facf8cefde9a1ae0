import type { Clock, Duration, Timestamp } from '@tashika/shared/time';

/** Polls a second that one process answers without anyone noticing. Above it, updaters are told to ask less often. */
const EASY_POLLS_A_SECOND = 500;
/** How many times less often at most. */
const MOST_STRETCH = 12;
const RATE_OVER_MS: Duration = 10_000;
const LONGEST_SLEEP_MS: Duration = 24 * 3_600_000 - 1_000;

/**
 * How long an updater is to sleep after a poll at `now`. Each controller id has an instant of its own in every period
 * of `pollMs` (by a hash of it), and is told to come back at that one which is nearest to a whole period from now: half
 * a period to one and a half. However they come, by the next time they are spread over the period, and stay so.
 * `stretch` makes the period that many times longer.
 */
export function sleepOf(controllerId: string, now: Timestamp, pollMs: Duration, stretch = 1): Duration {
  const period = Math.min(pollMs * stretch, LONGEST_SLEEP_MS / 1.5);
  const instant = shareOf(controllerId) * period;
  const earliest = now + period / 2;
  return period / 2 + ((((instant - earliest) % period) + period) % period);
}

/** As the protocol writes it, `HH:MM:SS`, rounded up: an updater that is told 0 s may take it for a default. */
export function sleepText(sleepMs: Duration): string {
  const seconds = Math.max(1, Math.ceil(Math.min(sleepMs, LONGEST_SLEEP_MS) / 1_000));
  const [h, m, s] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  return [h, m, s].map((each) => String(each).padStart(2, '0')).join(':');
}

/** A number of its own for each controller id, evenly spread over [0, 1). */
export function shareOf(controllerId: string): number {
  return hashOf(controllerId) / 2 ** 32;
}

/** FNV-1a over the id, then mixed: alike ids, such as serial numbers, must not lie side by side. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** How often this process has been polled lately, and what that asks of the updaters. */
export class PollRate {
  readonly #clock: Pick<Clock, 'monotonic'>;
  #since: Duration;
  #count = 0;
  #before = 0;

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
    this.#since = clock.monotonic();
  }

  /** Counts a poll. Answers how many times longer than usual updaters are to sleep: 1 while there is no rush. */
  stretch(): number {
    const now = this.#clock.monotonic();
    const passed = now - this.#since;
    if (passed >= RATE_OVER_MS) {
      this.#before = passed < 2 * RATE_OVER_MS ? (this.#count * 1_000) / passed : 0;
      this.#since = now;
      this.#count = 0;
    }
    this.#count++;
    // The rush that has just begun counts at once: it is over before the ten seconds are.
    const rate = Math.max(this.#before, (this.#count * 1_000) / RATE_OVER_MS);
    return Math.min(MOST_STRETCH, Math.max(1, Math.ceil(rate / EASY_POLLS_A_SECOND)));
  }
}

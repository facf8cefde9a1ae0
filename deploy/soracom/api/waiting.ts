import type { Duration } from '@tashika/shared/time';

const FIRST_MS: Duration = 500;
const MOST_MS: Duration = 30_000;
/** SORACOM's limits are by the minute: nothing is gained by waiting longer. */
const LONGEST_PAUSE_MS: Duration = 60_000;

/** The wait before the n-th repetition (from 0): twice the one before, with chance in it so that workers part. */
export function waitBefore(repetition: number, random: () => number): Duration {
  const whole = Math.min(FIRST_MS * 2 ** repetition, MOST_MS);
  return Math.round(whole * (0.5 + random() / 2));
}

/**
 * How long an answer 429 asks to wait: `Retry-After` (seconds, or a date), or SORACOM's own
 * `X-Soracom-Ratelimit-Seconds-Before-Refresh`; undefined where it says nothing of use.
 */
export function askedPause(headers: Headers, now: number): Duration | undefined {
  const after = headers.get('retry-after') ?? headers.get('x-soracom-ratelimit-seconds-before-refresh');
  if (after === null) return undefined;
  const ms = /^\d+(?:\.\d+)?$/.test(after.trim()) ? Number(after) * 1_000 : Date.parse(after) - now;
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), LONGEST_PAUSE_MS) : undefined;
}

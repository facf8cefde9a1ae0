import type { Duration } from '@tashika/shared/time';

const FIRST_MS: Duration = 500;
const LONGEST_MS: Duration = 30_000;
/** What Vault may ask for with `Retry-After`; beyond it we ask again all the same. */
const LONGEST_ASKED_MS: Duration = 120_000;

/**
 * How long to wait after so many failures in a row: doubled each time up to half a minute, and between half and all of
 * that by chance, so that a fleet that was cut off together does not come back together.
 *
 * @param failures at least 1
 * @param random uniform in [0, 1)
 * @param askedMs how long Vault asked to be left alone
 */
export function backoffMs(failures: number, random: number, askedMs: Duration = 0): Duration {
  const most = Math.min(FIRST_MS * 2 ** Math.min(failures - 1, 16), LONGEST_MS);
  return Math.max(most * (0.5 + random / 2), Math.min(askedMs, LONGEST_ASKED_MS));
}

import { until } from './until.ts';

const MINUTE_MS = 60_000;

/** Something must not be on its way while the minute turns, or nobody could say which window is right. */
export function clearOfTheMinutesEnd(leftMs = 10_000): Promise<boolean> {
  return until(`more than ${leftMs} ms of the minute to be left`, () => MINUTE_MS - (Date.now() % MINUTE_MS) > leftMs);
}

export function theNextMinute(): Promise<boolean> {
  const next = Math.ceil(Date.now() / MINUTE_MS) * MINUTE_MS;
  return until('the next minute', () => Date.now() > next, MINUTE_MS + 5_000);
}

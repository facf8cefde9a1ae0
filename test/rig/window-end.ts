import { until } from './until.ts';

const MINUTE_MS = 60_000;

/** Something must not be on its way while a window ends, or nobody could say which one is right. */
export function clearOfTheWindowsEnd(leftMs = 10_000, lengthMs = MINUTE_MS): Promise<boolean> {
  return until(`more than ${leftMs} ms of the window to be left`, () => lengthMs - (Date.now() % lengthMs) > leftMs);
}

export function theNextWindow(lengthMs: number): Promise<boolean> {
  const next = Math.ceil(Date.now() / lengthMs) * lengthMs;
  return until('the next window', () => Date.now() > next, lengthMs + 5_000);
}

import type { Counted, OpenState } from './state.ts';

/**
 * How often one device counts. Who can be hit is known before it is asked who was, of updated devices and neighbours
 * alike, so whatever is chosen here, the martingale of `log-rank.ts` stays one as long as a device's past says how likely
 * it is to be hit. What comes in clusters, as the starts of a loose plug, is likelier just after it began: the pace here, the
 * ratios in `log-rank.ts` and the power in `weigh.ts` are chosen so that two such devices halt nothing within a day.
 */

/** What began once counts no more for so long, in s: a loose plug starts an agent twenty times within hours, a bad link is lost all day. */
const ONCE_IN: Readonly<Record<Counted, number>> = {
  restarts: 10_800,
  silence: 86_400,
  clock: 86_400,
  completeness: 86_400,
  spool: 86_400,
  version: 86_400,
};
/**
 * A second start of the same device tells as much as the first of another, so several count: so many in a row, and one in
 * so long, in s, after that. A plug that is loose all day tells no more.
 */
const STARTS_IN_A_ROW = 3;
const ONE_START_IN = 43_200;

/** When a device that is hit at `now` counts again, both in s; starts are added to those that it had in a row. */
export function countsAgainAt(columns: OpenState['columns'], signal: Counted, row: number, now: number): number {
  const soonest = now + ONCE_IN[signal];
  if (signal !== 'restarts') return soonest;
  const spent = Math.max(now, columns.startsSpent[row]!) + ONE_START_IN;
  columns.startsSpent[row] = spent;
  return Math.max(soonest, spent - (STARTS_IN_A_ROW - 1) * ONE_START_IN);
}

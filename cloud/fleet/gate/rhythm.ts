import { type OpenState, PAST, PAST_ROUNDS } from './state.ts';

const SLOTS = PAST.length;

/** How long each part of the day is, in s. */
const SLOT_S = 86_400 / SLOTS;
/** Rounds of the same part of the day that make a past; with fewer, all of the day is asked. */
const LEAST_ROUNDS = 6;
/** A part of a day that was measured for less than this is not a day's worth. */
const WORTH_KEEPING = 9;
/** Spread of devices around their expectation, squared, before it has been learned, and how many parts of a day that is worth. */
const SPREAD_BEFORE = 0.15 ** 2;
const BELIEF = 20;
const LEAST_SPREAD = 0.05 ** 2;
const LEARNING = 0.9995;

/** The part of the day, in UTC, that a time in s lies in. */
export function slotAt(seconds: number): number {
  return Math.floor(seconds / SLOT_S) % SLOTS;
}

/** Readings that a device takes in a round at this time of the day, by its own past; undefined where it has none. */
export function usualReadings({ columns }: OpenState, row: number, slot: number): number | undefined {
  const rounds = columns[PAST_ROUNDS[slot]!][row]!;
  if (rounds >= LEAST_ROUNDS) return columns[PAST[slot]!][row]! / rounds;
  let [readings, all] = [columns.slotReadings[row]!, columns.slotRounds[row]!];
  for (let other = 0; other < SLOTS; other++) {
    readings += columns[PAST[other]!][row]!;
    all += columns[PAST_ROUNDS[other]!][row]!;
  }
  return all >= LEAST_ROUNDS ? readings / all : undefined;
}

/**
 * Learns what a device took, which was not updated. `expected` is by its past and the other neighbours.
 *
 * @param rounds how long it took, in rounds as they usually are: where all are twice as busy, each is two. So the pasts
 *   of two devices are of the same kind, although one ended in a quiet week and the other in a busy one.
 */
export function learnReadings(
  state: OpenState,
  row: number,
  slot: number,
  taken: number,
  rounds: number,
  expected: number,
): void {
  const { columns } = state;
  if (columns.slot[row] !== slot) {
    endSlot(state, row);
    columns.slot[row] = slot;
  }
  columns.slotReadings[row]! += taken;
  columns.slotRounds[row]! += rounds;
  if (expected > 0) {
    columns.slotExpected[row]! += expected;
    columns.slotSquares[row]! += taken ** 2 / expected;
  }
}

/** The part of the day becomes past: each day counts half of the one after. */
export function endSlot({ columns, learned }: OpenState, row: number): void {
  const [readings, rounds] = [columns.slotReadings[row]!, columns.slotRounds[row]!];
  const [expected, squares] = [columns.slotExpected[row]!, columns.slotSquares[row]!];
  for (const column of ['slotReadings', 'slotRounds', 'slotExpected', 'slotSquares'] as const) columns[column][row] = 0;
  if (rounds < WORTH_KEEPING) return;
  const past = columns[PAST[columns.slot[row]!]!];
  const pastRounds = columns[PAST_ROUNDS[columns.slot[row]!]!];
  if (expected >= 10 && readings > 0 && pastRounds[row]! >= LEAST_ROUNDS) {
    const ratio = readings / expected;
    const noise = Math.min(20, (squares - readings * ratio) / ratio / (rounds - 1));
    learned.noise = learned.noise * LEARNING + Math.max(0, noise) * (rounds - 1);
    learned.noiseRounds = learned.noiseRounds * LEARNING + rounds - 1;
    learned.spread = learned.spread * LEARNING + Math.min(1, ratio - 1) ** 2 - noiseOf(learned) / expected;
    learned.spreadSlots = learned.spreadSlots * LEARNING + 1;
  }
  past[row] = past[row]! / 2 + readings;
  pastRounds[row] = pastRounds[row]! / 2 + rounds;
}

/** How much more readings vary from round to round than Poisson's: variance ÷ mean; at least 1. */
export function noiseOf({ noise, noiseRounds }: OpenState['learned']): number {
  return Math.max(1, (noise + BELIEF) / (noiseRounds + BELIEF));
}

/** Variance of the ratio of what a device takes to what was to be expected of it, over a part of a day. */
export function spreadOf({ spread, spreadSlots }: OpenState['learned']): number {
  return Math.max(LEAST_SPREAD, (spread + BELIEF * SPREAD_BEFORE) / (spreadSlots + BELIEF));
}

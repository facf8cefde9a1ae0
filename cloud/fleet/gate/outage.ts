import type { Duration } from '@tashika/shared/time';
import { BIT } from './log-rank.ts';
import { knownRhythm } from './posting.ts';
import type { DeviceRound, GateRound } from './signal.ts';
import type { OpenState } from './state.ts';

/** Without a post for so many times its usual way from one to the next, a device was due to be heard. */
const TIMES_TO_BE_DUE = 1.5;
/** Rounds that a region gets to come back after an outage. */
const RECOVERING_ROUNDS = 3;
/** Fewer neighbours than this say nothing of a network. */
const LEAST_FOR_OUTAGE = 3;
/** The chance that so many are silent each for a reason of its own, below which they are so for one reason. */
const BY_CHANCE = 1e-5;
/** How much the latest round weighs in the share that is usually silent. */
const LATEST = 0.02;

/** A neighbour in a round. */
interface Compared {
  readonly device: Pick<DeviceRound, 'lastSeen'>;
  readonly row: number;
  readonly region: string;
  readonly heard: boolean;
  /** Rounds since it was last looked at. */
  readonly rounds: number;
}

/** Notes which regions are silent, and excuses their devices. `now` is in s. */
export function findOutages(
  { columns, learned, outUntil }: OpenState,
  round: GateRound,
  sampleMs: Duration,
  compared: Iterable<Compared>,
  now: number,
): void {
  const prompt = new DueNeighbours();
  const any = new DueNeighbours();
  for (const { device, row, region, heard, rounds } of compared) {
    // What has been silent for long says nothing of now.
    if (columns.on[row]! & BIT.silence && now >= (outUntil[region] ?? 0)) continue;
    const rhythm = knownRhythm(columns, row);
    if (rhythm === undefined) continue;
    const dueAfter = TIMES_TO_BE_DUE * rhythm;
    const isPrompt = dueAfter <= rounds;
    const silentRounds = (round.at - device.lastSeen) / sampleMs;
    const silent = !heard && (isPrompt || silentRounds > dueAfter);
    any.count(region, silent);
    if (isPrompt) prompt.count(region, silent);
  }
  const until = now + (RECOVERING_ROUNDS * sampleMs + round.roundMs / 2) / 1_000;
  // Who posts in every round tells at once; where few do, all of a region tell when they should have been heard.
  const out = new Set([...prompt.out(learned.unheard), ...any.out(learned.unheardOfAny)]);
  for (const region of out) outUntil[region] = until;
  learned.unheard = prompt.learn(out, learned.unheard);
  learned.unheardOfAny = any.learn(out, learned.unheardOfAny);
  for (const { row, region } of compared) if (now < (outUntil[region] ?? 0)) columns.excused[row] = now;
}

/** Of the neighbours that were due to be heard, how many were silent, by region. */
class DueNeighbours {
  readonly #regions = new Map<string, { due: number; silent: number }>();

  count(region: string, silent: boolean): void {
    const sums = this.#regions.get(region) ?? { due: 0, silent: 0 };
    this.#regions.set(region, sums);
    sums.due += 1;
    if (silent) sums.silent += 1;
  }

  /** Regions whose neighbours are silent together. `unheard` is the share that usually is. */
  out(unheard: number): readonly string[] {
    return [...this.#regions].flatMap(([region, { due, silent }]) => (isOutage(due, silent, unheard) ? [region] : []));
  }

  /** The share that usually is silent, by what it was before and the regions that are not `out`. */
  learn(out: ReadonlySet<string>, unheard: number): number {
    let [due, silent] = [0, 0];
    for (const [region, sums] of this.#regions)
      if (!out.has(region)) {
        due += sums.due;
        silent += sums.silent;
      }
    return due > 0 ? unheard + (silent / due - unheard) * LATEST : unheard;
  }
}

/** Whether so many are silent for one reason that all share. */
function isOutage(due: number, silent: number, unheard: number): boolean {
  if (due < LEAST_FOR_OUTAGE || silent < due / 2) return false;
  const usual = Math.max(0.02, unheard);
  let chance = 0;
  let term = (1 - usual) ** due;
  for (let count = 0; count <= due; count++) {
    if (count >= silent) chance += term;
    term *= ((due - count) / (count + 1)) * (usual / (1 - usual));
  }
  return chance < BY_CHANCE;
}

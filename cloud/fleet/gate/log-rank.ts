import { seededChance } from '@tashika/shared/chance';
import { countsAgainAt } from './pace.ts';
import { COUNTED, type Counted, type OpenState } from './state.ts';

/**
 * How many times as often it may begin, where there is harm: bet on evenly. On starts no more than three times as many, so
 * that two devices with loose plugs among the first ten halt nothing within a day.
 */
export const RATIOS: Readonly<Record<Counted, readonly number[]>> = {
  restarts: [1.4, 2, 3],
  silence: [2, 5, 15, 50],
  clock: [2, 5, 15, 50],
  completeness: [2, 5, 15, 50],
  spool: [2, 5, 15, 50],
  version: [2, 5, 15, 50],
};

/** A device's own past speaks as much as this many of what it counts. */
const PRIOR = 1;
/** How rare a thing is before it has been seen: half a time in so many rounds. */
const ROUNDS_BEFORE = 2_000;
/** Fewer neighbours than this are put together with those of other such regions. */
const LEAST_NEIGHBOURS = 3;
const TOGETHER = '*';

export const BIT = Object.fromEntries(COUNTED.map((signal, index) => [signal, 1 << index])) as Record<Counted, number>;

/** What a device did in a round. */
export interface Happening {
  readonly row: number;
  /** On whose side it counts; undefined on neither. */
  readonly side: 'updated' | 'neighbour' | undefined;
  /** A bit each, as BIT has them: what began, and what has held on from before and can't begin. */
  readonly began: number;
  readonly holds: number;
  /** Rounds that it stands for. */
  readonly exposed: number;
  readonly heard: boolean;
}

/**
 * Settles the bets of a round, by the safe logrank test: an e-process of Cox's partial likelihood.
 *
 * When something begins with one of the devices of a region, it is asked with which. Were the image harmless, each of
 * them would have been hit with a chance in proportion to its own past, updated or not. Were it harmful, an updated one
 * would be `ratio` times as likely. The quotient of the two, multiplied up from event to event, is a martingale under
 * the first. How often it begins at all does not matter, and may change from round to round in each region as it
 * likes: when a cell or the mains fails under half of a region, that hits both sides alike.
 *
 * J. ter Schure, M. F. Pérez-Ortiz, A. Ly, P. Grünwald, The anytime-valid logrank test: error control under continuous
 * monitoring with unlimited horizon, New England Journal of Statistics in Data Science 2 (2024); D. R. Cox, Partial
 * likelihood, Biometrika 62 (1975).
 */
export function settle(state: OpenState, happenings: readonly Happening[], now: number): void {
  const events = happenings.filter(({ side, began }) => side !== undefined && began !== 0);
  if (events.length === 0) return;
  const groups = groupsOf(state, happenings);
  for (const signal of COUNTED) {
    const until = state.columns[`${signal}Until`]!;
    const hit = events.filter(({ row, began }) => began & BIT[signal] && until[row]! <= now);
    if (hit.length === 0) continue;
    const at = new Set(hit.map(({ row }) => groups[state.columns.stratum[row]!]));
    at.delete(undefined);
    if (at.size > 0)
      for (const risk of atRisk(state, signal, happenings, now, groups, at)) bet(state, signal, risk, now);
    note(state, signal, hit, now);
  }
}

/**
 * The group of each stratum, whose devices are held against each other: its region, or all regions together that have
 * hardly a neighbour; none where nobody was updated.
 */
function groupsOf({ strata, columns }: OpenState, happenings: readonly Happening[]): readonly (string | undefined)[] {
  const updated = new Set<number>();
  const neighbours = strata.map(() => 0);
  for (const { row, side } of happenings)
    if (side === 'updated') updated.add(columns.stratum[row]!);
    else if (side === 'neighbour') neighbours[columns.stratum[row]!]! += 1;
  if (updated.size === 0) return [];
  const ofRegion = new Map<string, number>();
  const regions = new Set<string>();
  for (const [stratum, [region]] of strata.entries()) {
    ofRegion.set(region, (ofRegion.get(region) ?? 0) + neighbours[stratum]!);
    if (updated.has(stratum)) regions.add(region);
  }
  return strata.map(([region]) => {
    if (ofRegion.get(region)! < LEAST_NEIGHBOURS) return TOGETHER;
    return regions.has(region) ? region : undefined;
  });
}

/** Who may be hit in a group. */
interface AtRisk {
  /** Weights of the updated ones, by stratum, and of the neighbours. */
  readonly updated: Map<number, number>;
  neighbours: number;
  readonly hit: { readonly row: number; readonly weight: number; readonly updated: boolean }[];
}

/** What a device's own past makes of its chance to be hit, 1 being usual. */
function weightOf({ columns, learned }: OpenState, signal: Counted, row: number): number {
  const often = (learned.began[signal] + 0.5) / (learned.rounds + ROUNDS_BEFORE);
  return (PRIOR + columns[`${signal}Past`]![row]!) / (PRIOR + often * columns.heard[row]!);
}

function atRisk(
  state: OpenState,
  signal: Counted,
  happenings: readonly Happening[],
  now: number,
  groups: readonly (string | undefined)[],
  at: ReadonlySet<string | undefined>,
): Iterable<AtRisk> {
  const { stratum } = state.columns;
  const until = state.columns[`${signal}Until`]!;
  const risks = new Map<string, AtRisk>();
  for (const { row, side, began, holds } of happenings) {
    const group = groups[stratum[row]!];
    if (side === undefined || group === undefined || !at.has(group) || until[row]! > now) continue;
    // Of a silent device nothing else is heard.
    if (holds & (BIT[signal] | BIT.silence)) continue;
    let risk = risks.get(group);
    if (!risk) {
      risk = { updated: new Map(), neighbours: 0, hit: [] };
      risks.set(group, risk);
    }
    const weight = weightOf(state, signal, row);
    if (side === 'updated') risk.updated.set(stratum[row]!, (risk.updated.get(stratum[row]!) ?? 0) + weight);
    else risk.neighbours += weight;
    if (began & BIT[signal]) risk.hit.push({ row, weight, updated: side === 'updated' });
  }
  return risks.values();
}

/** Remembers what began: as the past of a neighbour, or as what an updated device did since. */
function note({ columns, learned }: OpenState, signal: Counted, hit: readonly Happening[], now: number): void {
  for (const { row, side } of hit) {
    columns[`${signal}Until`]![row] = countsAgainAt(columns, signal, row, now);
    if (side === 'updated') columns[`${signal}Since`]![row]! += 1;
    // What only stands in for a neighbour has its past behind it.
    if (columns.updated[row] !== 0) continue;
    columns[`${signal}Past`]![row]! += 1;
    learned.began[signal] += 1;
  }
}

/** Multiplies up what is won on a group's events, one after the other; who was hit is not hit again. */
function bet(state: OpenState, signal: Counted, { updated, neighbours, hit }: AtRisk, now: number): void {
  const { columns, strata, bets } = state;
  const ratios = RATIOS[signal];
  // Within a round nobody knows who was hit first. What the order follows must have nothing to do with the update.
  for (const one of shuffled(hit, now)) {
    if (updated.size === 0 || neighbours <= 1e-9) return;
    const inPlaces = new Map<string, number>();
    let total = neighbours;
    for (const [stratum, weight] of updated) {
      total += weight;
      for (const name of placesOf(...strata[stratum]!)) inPlaces.set(name, (inPlaces.get(name) ?? 0) + weight);
    }
    const stratum = columns.stratum[one.row]!;
    const hitPlaces: readonly string[] = one.updated ? placesOf(...strata[stratum]!) : [];
    for (const [name, weight] of inPlaces) {
      bets[signal][name] ??= { seen: 0, expected: 0, logs: ratios.map(() => 0) };
      const place = bets[signal][name];
      const isHit = hitPlaces.includes(name);
      if (isHit) place.seen += 1;
      place.expected += weight / total;
      for (const [index, ratio] of ratios.entries())
        place.logs[index]! += Math.log(((isHit ? ratio : 1) * total) / (ratio * weight + total - weight));
    }
    if (!one.updated) neighbours -= one.weight;
    else if (updated.get(stratum)! - one.weight > 1e-9) updated.set(stratum, updated.get(stratum)! - one.weight);
    else updated.delete(stratum);
  }
}

/** In an order that is any, and the same whenever it is asked for. */
function shuffled<One extends { readonly row: number }>(hit: readonly One[], now: number): readonly One[] {
  if (hit.length < 2) return hit;
  const placed = hit.map((one) => ({ one, place: seededChance(now, one.row).next() }));
  return placed.sort((a, b) => a.place - b.place).map(({ one }) => one);
}

/** Where harm is bet on: everywhere, in a region, on a board, on the boards of a region. */
export function placesOf(region: string, board: string): readonly [string, string, string, string] {
  return ['', `r/${region}`, `b/${board}`, `s/${region}/${board}`];
}

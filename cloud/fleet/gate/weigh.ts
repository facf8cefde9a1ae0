import { logEvidence, MOST_IN_ITS_REGION, MOST_OF_A_DEVICE, meanOfExponentials } from './evidence.ts';
import { placesOf } from './log-rank.ts';
import type { Observed } from './observe.ts';
import { noiseOf, spreadOf } from './rhythm.ts';
import type { SignalName } from './signal.ts';
import type { Counted, OpenState, Places } from './state.ts';

/** What may be left of the readings, where there is harm: bet on evenly. */
const SHARES = [0.95, 0.9, 0.8, 0.6, 0.3] as const;

export interface Weighed {
  readonly evidence: number;
  /** Where the evidence comes from. */
  readonly seen: number;
  readonly expected: number;
  readonly devices: number;
  /** Rows, those first that speak against the image most. */
  readonly worst: readonly number[];
  /** Where the evidence comes from, if not from all: a region, a board, or both. */
  readonly where: { readonly region?: string; readonly board?: string } | undefined;
}

/**
 * Power that what was won on counted things is taken to. What begins comes in clusters that no model knows all of; below
 * 1 an e-value stays one (Jensen's inequality), and is worth a quarter more of such clusters. See P. Grünwald, T. van
 * Ommen, Inconsistency of Bayesian inference for misspecified linear models, Bayesian Analysis 12 (2017).
 */
const CAUTION = 0.8;
/** Which of the places of `placesOf` lie in the device's own region: all, region, board, the region's board. */
const IN_ITS_REGION = [false, true, false, true] as const;
/** Most devices that are named. */
export const NAMED = 100;

/** What a signal has against the image. */
export function weigh(state: OpenState, signal: SignalName, observed: Observed): Weighed {
  return signal === 'rate' ? weighReadings(state) : weighCounted(state, signal, observed);
}

function weighCounted(state: OpenState, signal: Counted, { updated }: Observed): Weighed {
  const since = state.columns[`${signal}Since`]!;
  const against = updated.filter((row) => since[row]! > 0).sort((a, b) => since[b]! - since[a]! || a - b);
  return { ...mix(state, state.bets[signal], CAUTION), devices: updated.length, worst: against.slice(0, NAMED) };
}

/** Readings, of each device by the gamma-Poisson test. */
function weighReadings(state: OpenState): Weighed {
  const { columns, strata, learned } = state;
  const places: Places = {};
  const ofStratum = strata.map((stratum) =>
    placesOf(...stratum).map((name) => {
      places[name] ??= { seen: 0, expected: 0, logs: SHARES.map(() => 0) };
      return places[name];
    }),
  );
  const regionOf = (row: number) => strata[columns.stratum[row]!]![0];
  const updatedIn = new Map<string, number>();
  let updated = 0;
  for (let row = 0; row < state.ids.length; row++)
    if (columns.expected[row]! > 0) {
      updatedIn.set(regionOf(row), (updatedIn.get(regionOf(row)) ?? 0) + 1);
      updated += 1;
    }
  const [noise, spread] = [noiseOf(learned), spreadOf(learned)];
  const against: { row: number; most: number }[] = [];
  let devices = 0;
  for (let row = 0; row < state.ids.length; row++) {
    if (!(columns.expected[row]! > 0)) continue;
    const region = regionOf(row);
    const x = columns.readings[row]! / noise;
    const mu = columns.expected[row]! / noise;
    // What the neighbours' factor is wrong by is the same for all devices of a region, and of the fleet: as if each
    // device differed by so much more.
    const shared = columns.doubt[row]! * updatedIn.get(region)! + columns.doubtOfAll[row]! * updated;
    const k = 1 / (spread * (1 + shared / columns.expected[row]!));
    devices += 1;
    const logs = SHARES.map((share) => logEvidence(x, mu, k, share));
    for (const [index, place] of ofStratum[columns.stratum[row]!]!.entries()) {
      place.seen += columns.readings[row]!;
      place.expected += columns.expected[row]!;
      const mostOfIt = IN_ITS_REGION[index] ? MOST_IN_ITS_REGION : MOST_OF_A_DEVICE;
      for (let share = 0; share < logs.length; share++) place.logs[share]! += Math.min(mostOfIt, logs[share]!);
    }
    const most = Math.min(MOST_OF_A_DEVICE, Math.max(...logs));
    if (most > 0.5) against.push({ row, most });
  }
  against.sort((a, b) => b.most - a.most || a.row - b.row);
  return { ...mix(state, places), devices, worst: against.slice(0, NAMED).map(({ row }) => row) };
}

/**
 * Half of what is put in is bet on harm to all devices, a sixth each on harm in one region, on one board, and on the
 * boards of one region, evenly among those that there are: a mean of e-values is one, whatever depends on what (Vovk
 * and Wang, 2021), so nothing else is to be paid for looking everywhere.
 */
function mix({ strata }: OpenState, places: Readonly<Places>, caution = 1): Omit<Weighed, 'devices' | 'worst'> {
  const sums = { r: 0, b: 0, s: 0 };
  const known = { r: 0, b: 0, s: 0 };
  let overall = 1;
  let loudest = { name: '', evidence: 0 };
  for (const [name, { logs }] of Object.entries(places)) {
    const evidence = meanOfExponentials(logs.map((log) => log * caution));
    if (name === '') overall = evidence;
    else {
      const kind = name[0] as keyof typeof sums;
      sums[kind] += evidence;
      known[kind] += 1;
    }
    if (evidence > loudest.evidence) loudest = { name, evidence };
  }
  const all = {
    r: new Set(strata.map(([region]) => region)).size,
    b: new Set(strata.map(([, board]) => board)).size,
    s: strata.length,
  };
  let evidence = overall / 2;
  // Where nothing was seen yet, what was put in is still there: 1.
  for (const kind of ['r', 'b', 's'] as const)
    evidence += (sums[kind] + all[kind] - known[kind]) / Math.max(1, all[kind]) / 6;
  const where = loudest.evidence > 100 * overall ? loudest.name : '';
  const { seen = 0, expected = 0 } = places[where] ?? {};
  return { evidence: Math.min(evidence, 1e300), seen, expected, where: where === '' ? undefined : describe(where) };
}

function describe(name: string): Weighed['where'] {
  const [kind, first, ...rest] = name.split('/');
  if (kind === 'b') return { board: [first, ...rest].join('/') };
  return kind === 'r' ? { region: first! } : { region: first!, board: rest.join('/') };
}

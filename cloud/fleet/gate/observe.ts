import { BIT, type Happening, settle } from './log-rank.ts';
import { ENOUGH, NeighboursFactor, type Role, roleOf } from './neighbours.ts';
import { findOutages } from './outage.ts';
import { learnRhythm, patienceWith } from './posting.ts';
import { endSlot, learnReadings, noiseOf, slotAt, spreadOf, usualReadings } from './rhythm.ts';
import type { DeviceRound, GateRound, GateSettings } from './signal.ts';
import { addRow, type OpenState, rowOf } from './state.ts';

/** How long readings and starts are held against the own past, which grows old. */
const PAST_GOOD_FOR_S = 3 * 86_400;
const CLOCKS: Readonly<Record<string, number>> = { synced: 0, relative: 1, uncertain: 2 };

/** Rounds with losses after which a device loses readings. */
const RUN_OF_LOSSES = 2;
/** A device that was silent and comes back with less than this share of what it should have taken has lost the rest. */
const BROUGHT_BACK = 0.5;
/**
 * What a region's factor may be wrong by, squared, as a share of what its devices differ by: it falls with each
 * neighbour there is to ask; without any it is as if there were so many.
 */
const DOUBT = 3;

interface Seen {
  readonly device: DeviceRound;
  readonly row: number;
  readonly region: string;
  readonly role: Role;
  readonly comparable: boolean;
  readonly heard: boolean;
  /** Readings that it took since it was last heard. */
  readonly taken: number;
  readonly usual: number | undefined;
  /** Rounds since it was last looked at. */
  readonly rounds: number;
}

/** What a round showed, beside what it left in the state. */
export interface Observed {
  /** Regions whose neighbours are silent together, and in which there are updated devices. */
  readonly out: readonly string[];
  /** Updated devices that can be judged: their rows. */
  readonly updated: readonly number[];
  /** Of them, how many were heard since their update. */
  readonly heard: number;
  /** Updated devices whose wave has not passed and whose region is heard; those of them that are silent. */
  readonly underWatch: number;
  readonly silent: readonly number[];
  /** What they took in this round, and what was to be expected, where both are known. */
  readonly taken: number;
  readonly expected: number;
}

/** Takes a round in: learns from the neighbours, counts what the updated devices did and what was to be expected. */
export function observe(state: OpenState, round: GateRound, settings: GateSettings): Observed {
  const { columns, learned } = state;
  const now = Math.round(round.at / 1_000);
  const slot = slotAt(now - round.roundMs / 2_000);
  const seen: Seen[] = [];
  for (const device of round.devices) {
    const one = look(state, round, settings, slot, device);
    if (one) seen.push(one);
  }
  const compared = comparedOf(seen);
  const neighbours = countBy(compared);
  findOutages(state, round, settings.sampleMs, compared, now);
  const factor = new NeighboursFactor(state.strata);
  const [noise, spread] = [noiseOf(learned), spreadOf(learned)];
  for (const { comparable, usual, row, taken } of compared)
    if (comparable) {
      const open = columns.openUsual[row]! + usual!;
      if (open > 0) factor.add(columns.stratum[row]!, taken, open, 1 / (noise + spread * open));
    }
  const factors = factor.all();
  const doubtOfAll = 1 / (compared.size + DOUBT);
  const happenings = seen.map((one): Happening => {
    const isOut = now < (state.outUntil[one.region] ?? 0);
    if (isOut) {
      columns.excused[one.row] = now;
      // Not for the rounds in which nothing comes; but a region that only posts more rarely is to be known again.
      if (one.heard && one.role === 'neighbour')
        learnRhythm(columns, one.row, one.device.posts, columns.openRounds[one.row]! + one.rounds);
    }
    const side = compared.has(one) ? 'neighbour' : one.role === 'updated' ? 'updated' : undefined;
    if (isOut || side === undefined)
      return { row: one.row, side: undefined, began: 0, holds: 0, exposed: 0, heard: false };
    return begin(state, one, side, settings, now);
  });
  settle(state, happenings, now);

  let [heard, underWatch, takenNow, expectedNow] = [0, 0, 0, 0];
  const updated: number[] = [];
  const silent: number[] = [];
  const out = new Set<string>();
  for (const [index, one] of seen.entries()) {
    const { row, region, role } = one;
    const isOut = now < (state.outUntil[region] ?? 0);
    if (role === 'updated') {
      updated.push(row);
      if (isOut && !one.device.kept) out.add(region);
      if (!isOut && !one.device.kept) {
        underWatch += 1;
        if (columns.on[row]! & BIT.silence) silent.push(row);
      }
    } else if (role === 'neighbour' && !isOut) learn(state, row, happenings[index]!);
    const doubt = 1 / ((neighbours.get(region) ?? 0) + DOUBT);
    const read = readings(state, one, slot, { factor: factors[columns.stratum[row]!]!, doubt, doubtOfAll, isOut, now });
    takenNow += read.taken;
    expectedNow += read.expected;
    if (role === 'updated' && one.device.lastSeen / 1_000 > columns.updated[row]!) heard += 1;
  }
  return {
    out: [...out].sort(),
    updated,
    heard,
    underWatch,
    silent,
    taken: takenNow,
    expected: expectedNow,
  };
}

/** The neighbours; and the devices whose wave has passed, where there are not enough of them. */
function comparedOf(seen: readonly Seen[]): ReadonlySet<Seen> {
  const neighbours = seen.filter(({ role }) => role === 'neighbour');
  const there = countBy(neighbours);
  const watched = countBy(seen.filter(({ role, device }) => role === 'updated' && !device.kept));
  const standIns = seen.filter(
    ({ role, device, region }) =>
      role === 'updated' && device.kept && (there.get(region) ?? 0) < Math.max(ENOUGH, watched.get(region) ?? 0),
  );
  return new Set([...neighbours, ...standIns]);
}

function countBy(seen: Iterable<Seen>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { region } of seen) counts.set(region, (counts.get(region) ?? 0) + 1);
  return counts;
}

function look(
  state: OpenState,
  round: GateRound,
  { sampleMs }: GateSettings,
  slot: number,
  device: DeviceRound,
): Seen | undefined {
  const { columns } = state;
  const row = rowOf(state, device);
  if (row === undefined) {
    meet(state, device, slot);
    return undefined;
  }
  const role = roleOf(device, round, sampleMs);
  if (role !== 'neighbour' && columns.updated[row] === 0) becomeUpdated(state, row, device);
  const rounds = round.roundMs / sampleMs;
  const heard = device.posts > 0;
  const taken = heard ? Math.max(0, device.readings + device.gone + device.held - columns.held[row]!) : 0;
  const usual = usualReadings(state, row, slot);
  const isBack = columns.openRounds[row]! > patienceWith(columns, row);
  const comparable = heard && usual !== undefined && columns.openVoid[row] === 0 && !isBack;
  return {
    device,
    row,
    region: state.strata[columns.stratum[row]!]![0],
    role,
    comparable,
    heard,
    taken,
    usual: usual === undefined ? undefined : usual * rounds,
    rounds,
  };
}

/** A device that was never looked at: there is nothing yet that its counts are a difference to. */
function meet(state: OpenState, device: DeviceRound, slot: number): void {
  const { columns } = state;
  const row = addRow(state, device);
  columns.held[row] = device.held;
  columns.slot[row] = slot;
  columns.clockUsual[row] = CLOCKS[device.clock ?? ''] ?? 0;
  columns.openVoid[row] = 1;
}

function becomeUpdated(state: OpenState, row: number, { updatedAt }: DeviceRound): void {
  const { columns } = state;
  if (updatedAt === undefined) return;
  endSlot(state, row);
  columns.updated[row] = Math.round(updatedAt / 1_000);
  columns.openVoid[row] = 1;
}

/** Follows the bad conditions of a device; what holds on began once. */
function begin(
  state: OpenState,
  { device, row, heard, role, rounds, usual, taken }: Seen,
  side: Happening['side'],
  settings: GateSettings,
  now: number,
): Happening {
  const { columns } = state;
  const before = columns.on[row]!;
  let on = before;
  const silentFor = ((now - Math.max(device.lastSeen / 1_000, columns.excused[row]!)) * 1_000) / settings.sampleMs;
  if (silentFor > patienceWith(columns, row)) on |= BIT.silence;
  else if (heard) on &= ~BIT.silence;
  if (heard) {
    const told = CLOCKS[device.clock ?? ''];
    const worse = told !== undefined && told > columns.clockUsual[row]! + 0.7;
    on = follow(columns.clockRun, row, on, BIT.clock, worse || device.deadLetters > 0, 2, 0.5);
    const openUsual = columns.openUsual[row]! + (usual ?? 0);
    const isBack = columns.openVoid[row] === 0 && columns.openRounds[row]! > patienceWith(columns, row);
    if (isBack && taken < BROUGHT_BACK * openUsual) columns.completenessRun[row] = RUN_OF_LOSSES + 1;
    const gone = device.gone > Math.max(2, 0.02 * (device.readings + device.gone));
    on = follow(columns.completenessRun, row, on, BIT.completeness, gone, RUN_OF_LOSSES, 0.1);
    const growth = device.held - columns.held[row]!;
    const grows = growth > Math.max(5, 0.2 * (usual ?? 0)) && columns.openRounds[row] === 0;
    on = follow(columns.spoolRun, row, on, BIT.spool, grows, 3, 0.5);
    const other = device.agentVersion !== undefined && device.agentVersion !== settings.version;
    if (role === 'updated' && other) on |= BIT.version;
    else on &= ~BIT.version;
    if (role === 'neighbour' && told !== undefined)
      columns.clockUsual[row]! += (told - columns.clockUsual[row]!) * 0.02;
  }
  if (role === 'neighbour' && (on & BIT.silence) === 0) learnRhythm(columns, row, device.posts, rounds);
  columns.on[row] = on;
  const isPastOld = role === 'updated' && now - columns.updated[row]! > PAST_GOOD_FOR_S;
  return {
    row,
    side,
    began: (on & ~before) | ((device.starts ?? 0) > 0 && !isPastOld ? BIT.restarts : 0),
    holds: (on & ~(on & ~before) & ~BIT.restarts) | (isPastOld ? BIT.restarts : 0),
    exposed: rounds,
    heard,
  };
}

/** A condition holds from the time that it was seen in `limit` rounds, each good one of which takes `less` back, until that has gone. */
function follow(
  runs: number[],
  row: number,
  on: number,
  bit: number,
  bad: boolean,
  limit: number,
  less: number,
): number {
  const run = Math.min(limit + 1, Math.max(0, runs[row]! + (bad ? 1 : -less)));
  runs[row] = run;
  if (run >= limit) return on | bit;
  return run === 0 ? on & ~bit : on;
}

function learn({ columns, learned }: OpenState, row: number, { exposed, heard }: Happening): void {
  if (!heard) return;
  columns.heard[row]! += exposed;
  learned.rounds += exposed;
}

interface Surroundings {
  readonly factor: number;
  readonly doubt: number;
  readonly doubtOfAll: number;
  readonly isOut: boolean;
  readonly now: number;
}

/** Follows what a device takes from one time that it is heard to the next. */
function readings(
  state: OpenState,
  { device, row, role, heard, taken, usual, rounds }: Seen,
  slot: number,
  { factor, doubt, doubtOfAll, isOut, now }: Surroundings,
): { readonly taken: number; readonly expected: number } {
  const { columns } = state;
  const nothing = { taken: 0, expected: 0 };
  columns.openRounds[row]! += rounds;
  columns.openUsual[row]! += usual ?? 0;
  columns.openExpected[row]! += (usual ?? 0) * factor;
  if (isOut || role === 'aside' || role === 'settling') columns.openVoid[row] = 1;
  if (!heard) return nothing;
  const expected = columns.openExpected[row]!;
  const [all, own] = [columns.openRounds[row]!, columns.openUsual[row]!];
  // Of a device that was silent, begin() has said what it lost: it may have had no power, and others beside it.
  const counts = columns.openVoid[row] === 0 && all <= patienceWith(columns, row) + rounds;
  columns.held[row] = device.held;
  for (const column of ['openRounds', 'openUsual', 'openExpected', 'openVoid'] as const) columns[column][row] = 0;
  if (role === 'aside' || role === 'settling' || isOut) columns.openVoid[row] = 1;
  if (!counts || isOut) return nothing;
  if (role === 'neighbour')
    learnReadings(state, row, slot, taken, own > 0 ? (all * expected) / own : all, usual === undefined ? 0 : expected);
  if (role !== 'updated' || usual === undefined || now - columns.updated[row]! > PAST_GOOD_FOR_S) return nothing;
  columns.readings[row]! += taken;
  columns.expected[row]! += expected;
  columns.doubt[row]! += expected * doubt;
  columns.doubtOfAll[row]! += expected * doubtOfAll;
  return { taken, expected };
}

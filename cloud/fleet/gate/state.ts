import type { DeviceRound } from './signal.ts';

/** Signals that are counted: how often something bad begins, or how often the agent starts. */
export const COUNTED = ['silence', 'clock', 'completeness', 'spool', 'version', 'restarts'] as const;
export type Counted = (typeof COUNTED)[number];

/** What is kept of each device; a number each. Rounds are those of `fleet.sampleMs`, longer ones count as several. */
const PLAIN = [
  /** Index of its region and board. */
  'stratum',
  /** When its image was updated, in s; 0 for a neighbour. */
  'updated',
  /** Rounds that it was heard in before the update. */
  'heard',
  /** Posts, and rounds that it could have posted in; the older count less. */
  'posts',
  'postRounds',
  /** Readings in its spool by its latest post. */
  'held',
  /** How its clock usually is: 0 synced, 1 relative, 2 uncertain. */
  'clockUsual',
  /** Until when it is excused for being silent, in s. */
  'excused',
  /** Bits: which bad conditions hold, in the order of COUNTED. */
  'on',
  'clockRun',
  'completenessRun',
  'spoolRun',
  /** Until when the starts that have counted would last if they were spread out to one in twelve hours, in s; see `pace.ts`. */
  'startsSpent',
  /** Of the time since it was last heard: rounds, expected readings without and with the neighbours' factor; whether it counts. */
  'openRounds',
  'openUsual',
  'openExpected',
  'openVoid',
  /** Of the part of the day under way, before the update. */
  'slot',
  'slotReadings',
  'slotRounds',
  'slotExpected',
  'slotSquares',
  /** Since the update: readings taken, and to be expected; how far that may be wrong for a region, and for all, at once. */
  'readings',
  'expected',
  'doubt',
  'doubtOfAll',
] as const;

/** Readings and rounds of each part of the day. */
export const PAST = ['past0', 'past1', 'past2', 'past3', 'past4', 'past5', 'past6', 'past7'] as const;
export const PAST_ROUNDS = [
  'rounds0',
  'rounds1',
  'rounds2',
  'rounds3',
  'rounds4',
  'rounds5',
  'rounds6',
  'rounds7',
] as const;

export type Column =
  | (typeof PLAIN)[number]
  | (typeof PAST)[number]
  | (typeof PAST_ROUNDS)[number]
  | `${Counted}Past`
  | `${Counted}Until`
  | `${Counted}Since`;

/**
 * Of each counted signal: how often it began before the update; until when one more does not count, in s; how often it
 * has counted since the update.
 */
export const COLUMNS: readonly Column[] = [
  ...PLAIN,
  ...PAST,
  ...PAST_ROUNDS,
  ...COUNTED.flatMap((signal) => [`${signal}Past`, `${signal}Until`, `${signal}Since`] as const),
];

/** What is learned of all that were not updated. */
export interface Learned {
  /** How often each counted thing began, in how many rounds that a device was heard in. */
  readonly began: Record<Counted, number>;
  rounds: number;
  /** Share of the devices that post in every round which were not heard in it; and of any that were due. */
  unheard: number;
  unheardOfAny: number;
  /** Sums for the spread of readings: between devices, and from round to round. */
  spread: number;
  spreadSlots: number;
  noise: number;
  noiseRounds: number;
}

/** What the bets on harm in one place have come to: everywhere (``), a region, a board, or the boards of a region. */
export interface Place {
  /** Of the updated devices there: how often it began, or the readings that they took; and what was to be expected. */
  seen: number;
  expected: number;
  /** Logarithms of what was won, for each ratio that is bet on. */
  readonly logs: number[];
}

export type Places = Record<string, Place>;

/**
 * What the gate keeps of its looks, as JSON: a row of numbers for each device that it has met, in columns, and some for
 * each region.
 */
export interface GateState {
  readonly ids: readonly string[];
  readonly strata: readonly (readonly [region: string, board: string])[];
  readonly columns: Readonly<Record<Column, readonly number[]>>;
  readonly learned: Readonly<Learned>;
  readonly bets: Readonly<Record<Counted, Readonly<Places>>>;
  /** Until when nothing in a region is judged, in s. */
  readonly outUntil: Readonly<Record<string, number>>;
  /** Since when each signal is raised, in ms. */
  readonly since: Readonly<Record<string, number>>;
}

export type OpenState = {
  ids: string[];
  strata: (readonly [string, string])[];
  readonly columns: Record<Column, number[]>;
  readonly learned: Learned;
  readonly bets: Record<Counted, Places>;
  readonly outUntil: Record<string, number>;
  readonly since: Record<string, number>;
  readonly places: Map<string, number>;
};

const zeros = () => Object.fromEntries(COUNTED.map((signal) => [signal, 0])) as Record<Counted, number>;

/** Before the first look. */
export const BLANK: GateState = {
  ids: [],
  strata: [],
  columns: Object.fromEntries(COLUMNS.map((column) => [column, []])) as unknown as Record<Column, number[]>,
  learned: {
    began: zeros(),
    rounds: 0,
    ...{ unheard: 0.02, unheardOfAny: 0.02 },
    ...{ spread: 0, spreadSlots: 0, noise: 0, noiseRounds: 0 },
  },
  bets: Object.fromEntries(COUNTED.map((signal) => [signal, {}])) as Record<Counted, Places>,
  outUntil: {},
  since: {},
};

/** Places of ids, found once for as long as no device is added. */
const placesOfIds = new WeakMap<readonly string[], Map<string, number>>();

/** A copy that may be written to. */
export function open(state: GateState): OpenState {
  const { ids, strata, columns, learned, bets, outUntil, since } = state;
  let places = placesOfIds.get(ids);
  if (!places) {
    places = new Map(ids.map((id, place) => [id, place]));
    placesOfIds.set(ids, places);
  }
  const copied = {} as Record<Column, number[]>;
  // A column that a newer gate has added begins with nothing.
  for (const column of COLUMNS) copied[column] = columns[column]?.slice() ?? ids.map(() => 0);
  return {
    ids: ids as string[],
    strata: strata as (readonly [string, string])[],
    columns: copied,
    // So does what it has learned since.
    learned: { ...BLANK.learned, ...learned, began: { ...learned.began } },
    bets: Object.fromEntries(
      Object.entries(bets).map(([signal, places]) => [
        signal,
        Object.fromEntries(
          Object.entries(places).map(([name, { logs, ...sums }]) => [name, { ...sums, logs: logs.slice() }]),
        ),
      ]),
    ) as Record<Counted, Places>,
    outUntil: { ...outUntil },
    since: { ...since },
    places,
  };
}

export function close({ places, ...state }: OpenState): GateState {
  placesOfIds.set(state.ids, places);
  return state;
}

/** The row of a device that was met before. */
export function rowOf(state: OpenState, { controllerId }: DeviceRound): number | undefined {
  return state.places.get(controllerId);
}

/** A row for a device that is met for the first time; all of it is 0. */
export function addRow(state: OpenState, device: DeviceRound): number {
  const row = state.ids.length;
  // Not in place: the state before shares this list.
  if (placesOfIds.has(state.ids)) {
    state.ids = state.ids.slice();
    (state as { places: Map<string, number> }).places = new Map(state.places);
  }
  state.ids.push(device.controllerId);
  state.places.set(device.controllerId, row);
  for (const column of COLUMNS) state.columns[column]!.push(0);
  state.columns.stratum[row] = stratumOf(state, device);
  return row;
}

function stratumOf(state: OpenState, { region, board }: DeviceRound): number {
  const found = state.strata.findIndex((stratum) => stratum[0] === region && stratum[1] === board);
  if (found >= 0) return found;
  state.strata = [...state.strata, [region, board]];
  return state.strata.length - 1;
}

/** A state as it was kept; what is none, such as `{}`, is that before the first look. */
export function stateOf(kept: unknown): GateState {
  return typeof kept === 'object' && kept !== null && 'columns' in kept && 'bets' in kept ? (kept as GateState) : BLANK;
}

/** As it is to be kept: five digits of what is not whole are enough, and half of the bytes. */
export function compact(state: GateState): GateState {
  const columns = Object.fromEntries(
    Object.entries(state.columns).map(([column, values]) => [column, values.map(fiveDigits)]),
  ) as Record<Column, number[]>;
  return { ...state, columns };
}

function fiveDigits(value: number): number {
  if (Number.isInteger(value)) return value;
  const scale = 10 ** (4 - Math.floor(Math.log10(Math.abs(value))));
  return Math.round(value * scale) / scale;
}

import type { RegionCode } from '@tashika/shared/regions';
import type { Duration, Timestamp } from '@tashika/shared/time';
import type { Figures, LiveMessage, Windowing, WindowRow } from './contract.ts';
import { MINUTE, openMinute } from './minute.ts';

/** What a window counted, without its state, which depends on what is final (`stateOf`). */
export interface Count {
  readonly readings: number;
  readonly events: number;
  readonly late: number;
  readonly revision: number;
  /** The snapshot on which this row rests; a row of an older one may have changed unseen. */
  readonly generation: number;
}

export type Minute = ReadonlyMap<RegionCode, Count>;

/** Everything the live feed has told, as of its last message. */
export interface LiveState {
  /** The server's number of the last change; null before the first message. */
  readonly id: string | null;
  /** Snapshots taken so far. */
  readonly generation: number;
  /** Server time of the last message. */
  readonly asOf: Timestamp;
  /** When it came, on this machine's monotonic clock. */
  readonly receivedAt: Duration;
  readonly watermark: Timestamp | null;
  /** Windows that end at or before it are final. */
  readonly finalUntil: Timestamp | null;
  /** How the store counts its windows; null before the first message. */
  readonly windowing: Windowing | null;
  readonly figures: Figures | null;
  readonly minutes: ReadonlyMap<Timestamp, Minute>;
  /** Windows that end after this are known for every region. */
  readonly coveredAfter: Timestamp;
  /** Regions whose whole history has been loaded in this generation. */
  readonly loadedRegions: ReadonlySet<RegionCode>;
  /** Minutes before `coveredAfter` that have been loaded for every region in this generation. */
  readonly loadedMinutes: ReadonlySet<Timestamp>;
}

/** How far back the page shows a region. */
export const HISTORY: Duration = 120 * MINUTE;

/** The least that a snapshot covers, besides every open window. */
const SNAPSHOT_SPAN: Duration = 5 * MINUTE;

export const nothingYet: LiveState = {
  id: null,
  generation: 0,
  asOf: 0,
  receivedAt: 0,
  watermark: null,
  finalUntil: null,
  windowing: null,
  figures: null,
  minutes: new Map(),
  coveredAfter: Number.POSITIVE_INFINITY,
  loadedRegions: new Set(),
  loadedMinutes: new Set(),
};

/** Starts a new generation. Older rows stay to be looked at until they are loaded again. */
export function applySnapshot(state: LiveState, message: LiveMessage, receivedAt: Duration): LiveState {
  const generation = state.generation + 1;
  const asOf = Date.parse(message.asOf);
  const finalUntil = parseTime(message.finalUntil);
  const spanStart = openMinute(asOf) - SNAPSHOT_SPAN;
  const coveredAfter = finalUntil === null ? spanStart : Math.min(spanStart, finalUntil);
  const before = withoutEndsAfter(state.minutes, coveredAfter);
  return {
    id: message.id,
    generation,
    asOf,
    receivedAt,
    watermark: parseTime(message.watermark),
    finalUntil,
    windowing: message.windowing,
    figures: message.figures,
    minutes: withinHistory(replaceRows(before, message.windows, generation), asOf),
    coveredAfter,
    loadedRegions: new Set(),
    loadedMinutes: new Set(),
  };
}

/**
 * Replaces the rows that changed. Returns null when the delta does not follow from this state (none yet, or
 * the server counts from an earlier number because its store was replaced): a snapshot is needed then.
 */
export function applyDelta(state: LiveState, message: LiveMessage, receivedAt: Duration): LiveState | null {
  if (state.id === null || BigInt(message.id) < BigInt(state.id)) return null;
  const asOf = Date.parse(message.asOf);
  return {
    ...state,
    id: message.id,
    asOf,
    receivedAt,
    watermark: parseTime(message.watermark),
    finalUntil: parseTime(message.finalUntil),
    windowing: message.windowing,
    figures: message.figures,
    minutes: withinHistory(replaceRows(state.minutes, message.windows, state.generation), asOf),
  };
}

/**
 * Adds rows that were asked for by region or by minute. A row that the feed brought in the meantime is newer
 * and stays; an answer that was asked for in an earlier generation is dropped.
 */
export function applyHistory(
  state: LiveState,
  answer: {
    readonly generation: number;
    readonly windows: readonly WindowRow[];
    readonly region?: RegionCode;
    readonly minute?: Timestamp;
  },
): LiveState {
  if (answer.generation !== state.generation) return state;
  const missing = answer.windows.filter((row) => {
    const known = state.minutes.get(Date.parse(row.windowEnd))?.get(row.region);
    return known?.generation !== state.generation;
  });
  return {
    ...state,
    minutes: withinHistory(replaceRows(state.minutes, missing, state.generation), state.asOf),
    loadedRegions: answer.region ? new Set(state.loadedRegions).add(answer.region) : state.loadedRegions,
    loadedMinutes: answer.minute ? new Set(state.loadedMinutes).add(answer.minute) : state.loadedMinutes,
  };
}

/** Whether the minute's counts are known for every region. */
export function knowsMinute(state: LiveState, windowEnd: Timestamp): boolean {
  return windowEnd > state.coveredAfter || state.loadedMinutes.has(windowEnd);
}

/** The server's time now, by its last word and the monotonic time since: this machine's wall clock may be wrong. */
export function serverNow(state: LiveState, monotonic: Duration): Timestamp {
  return state.asOf + Math.max(0, monotonic - state.receivedAt);
}

function parseTime(text: string | null): Timestamp | null {
  return text === null ? null : Date.parse(text);
}

function replaceRows(
  minutes: ReadonlyMap<Timestamp, Minute>,
  rows: readonly WindowRow[],
  generation: number,
): ReadonlyMap<Timestamp, Minute> {
  if (rows.length === 0) return minutes;
  const next = new Map(minutes);
  const touched = new Map<Timestamp, Map<RegionCode, Count>>();
  for (const { windowEnd, region, readings, events, late, revision } of rows) {
    const end = Date.parse(windowEnd);
    let minute = touched.get(end);
    if (!minute) {
      minute = new Map(minutes.get(end));
      touched.set(end, minute);
      next.set(end, minute);
    }
    minute.set(region, { readings, events, late, revision, generation });
  }
  return next;
}

function withinHistory(minutes: ReadonlyMap<Timestamp, Minute>, asOf: Timestamp): ReadonlyMap<Timestamp, Minute> {
  const oldest = openMinute(asOf) - HISTORY;
  const expired = [...minutes.keys()].filter((end) => end < oldest);
  if (expired.length === 0) return minutes;
  const next = new Map(minutes);
  for (const end of expired) next.delete(end);
  return next;
}

function withoutEndsAfter(minutes: ReadonlyMap<Timestamp, Minute>, end: Timestamp): ReadonlyMap<Timestamp, Minute> {
  return new Map([...minutes].filter(([windowEnd]) => windowEnd <= end));
}

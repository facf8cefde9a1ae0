import type { RegionCode } from '@tashika/shared/regions';
import type { Timestamp } from '@tashika/shared/time';
import type { WindowState } from './contract.ts';
import { HISTORY, type LiveState } from './live.ts';
import { MINUTE, openMinute, stateOf } from './minute.ts';

/** One minute of a region; `readings` is null where there is no row: a gap, which is not a zero. */
export interface MinutePoint {
  readonly end: Timestamp;
  readonly readings: number | null;
  readonly late: number;
  readonly revision: number;
  readonly state: WindowState;
}

/** The region's last two hours up to the open minute, oldest first, one point a minute without exception. */
export function minutesOf(state: LiveState, region: RegionCode, now: Timestamp): readonly MinutePoint[] {
  const points: MinutePoint[] = [];
  const last = openMinute(now);
  for (let end = last - HISTORY + MINUTE; end <= last; end += MINUTE) {
    const count = state.minutes.get(end)?.get(region);
    points.push({
      end,
      readings: count?.readings ?? null,
      late: count?.late ?? 0,
      revision: count?.revision ?? 0,
      state: stateOf(end, count?.revision ?? 0, state.finalUntil),
    });
  }
  return points;
}

type Line = readonly (number | null)[];

/** What the chart draws. All lines are as long as `seconds`; null breaks a line. */
export interface ChartSeries {
  /** Window ends, Unix seconds. */
  readonly seconds: readonly number[];
  /** Final and revised minutes. */
  readonly settled: Line;
  /** Open minutes, with the settled point before them so that the line goes on. */
  readonly provisional: Line;
  /** Minutes that late readings changed, at their new height. */
  readonly revised: Line;
  /** The same minutes without what came late. */
  readonly beforeLate: Line;
}

export function chartSeries(points: readonly MinutePoint[]): ChartSeries {
  const isOpen = (point: MinutePoint | undefined) => point?.state === 'provisional';
  const isRevised = (point: MinutePoint) => point.state === 'revised' && point.readings !== null;
  return {
    seconds: points.map((point) => point.end / 1000),
    settled: points.map((point) => (isOpen(point) ? null : point.readings)),
    provisional: points.map((point, index) => (isOpen(point) || isOpen(points[index + 1]) ? point.readings : null)),
    revised: points.map((point) => (isRevised(point) ? point.readings : null)),
    beforeLate: points.map((point) => (isRevised(point) ? (point.readings ?? 0) - point.late : null)),
  };
}

/** First and last end of each run of final minutes without a row. Open minutes may still get one. */
export function gapsIn(points: readonly MinutePoint[]): readonly (readonly [first: Timestamp, last: Timestamp])[] {
  const gaps: [Timestamp, Timestamp][] = [];
  for (const point of points) {
    if (point.readings !== null || point.state === 'provisional') continue;
    const current = gaps.at(-1);
    if (current && current[1] === point.end - MINUTE) current[1] = point.end;
    else gaps.push([point.end, point.end]);
  }
  return gaps;
}

/** The newest point that is no longer open; undefined when all are. */
export function lastSettled(points: readonly MinutePoint[]): MinutePoint | undefined {
  return points.findLast((point) => point.state !== 'provisional');
}

/**
 * What the region usually counts a minute: the median of its final minutes before `point`, an hour at most.
 * Null with fewer than five minutes to go by.
 */
export function usualReadings(points: readonly MinutePoint[], point: MinutePoint): number | null {
  const counts = points
    .filter((each) => each.end < point.end && each.end >= point.end - 60 * MINUTE && each.state !== 'provisional')
    .flatMap((each) => (each.readings === null ? [] : [each.readings]))
    .sort((a, b) => a - b);
  if (counts.length < 5) return null;
  const middle = counts.length >> 1;
  return counts.length % 2 === 1 ? counts[middle]! : (counts[middle - 1]! + counts[middle]!) / 2;
}

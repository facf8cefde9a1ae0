import type { RegionCode } from '@tashika/shared/regions';
import { describe, expect, it } from 'vitest';
import type { WindowRow } from './contract.ts';
import { applyHistory, type LiveState, nothingYet } from './live.ts';
import { MINUTE } from './minute.ts';
import { chartSeries, gapsIn, lastSettled, minutesOf, usualReadings } from './series.ts';

const TOKYO = '13' as RegionCode;
const NOW = Date.parse('2026-05-30T14:02:30Z');
const OPEN = Date.parse('2026-05-30T14:03:00Z');

/** Rows by how many minutes before the open one they end. */
function stateWith(rows: Record<number, Partial<WindowRow>>, finalUntil: number | null = OPEN - MINUTE): LiveState {
  const windows = Object.entries(rows).map(([ago, row]) => ({
    windowEnd: new Date(OPEN - Number(ago) * MINUTE).toISOString(),
    region: TOKYO,
    readings: 10,
    events: 4,
    late: 0,
    state: 'final' as const,
    revision: 0,
    ...row,
  }));
  return applyHistory({ ...nothingYet, asOf: NOW, finalUntil }, { generation: 0, windows });
}

const pointsOf = (rows: Record<number, Partial<WindowRow>>, finalUntil?: number | null) =>
  minutesOf(stateWith(rows, finalUntil), TOKYO, NOW);

describe('the minutes of a region', () => {
  it('are 120 up to the open one, each exactly once', () => {
    const points = pointsOf({});
    expect(points).toHaveLength(120);
    expect(points[0]?.end).toBe(OPEN - 119 * MINUTE);
    expect(points.at(-1)?.end).toBe(OPEN);
  });

  it('without a row are a gap, not a zero', () => {
    const points = pointsOf({ 3: {}, 1: { readings: 0 } });
    expect(points.at(-4)?.readings).toBe(10);
    expect(points.at(-3)?.readings).toBeNull();
    expect(points.at(-2)?.readings).toBe(0);
  });
});

describe('the chart', () => {
  it('breaks the line at a gap', () => {
    const { settled } = chartSeries(pointsOf({ 4: {}, 2: {} }));
    expect(settled.slice(-5)).toEqual([10, null, 10, null, null]);
  });

  it('draws open minutes apart, joined to the settled minute before them', () => {
    const { settled, provisional } = chartSeries(
      pointsOf({ 3: {}, 2: { readings: 12 }, 1: { readings: 11 }, 0: { readings: 4 } }, OPEN - 2 * MINUTE),
    );
    expect(settled.slice(-4)).toEqual([10, 12, null, null]);
    expect(provisional.slice(-4)).toEqual([null, 12, 11, 4]);
  });

  it('does not bridge a gap before the open minutes', () => {
    const { provisional } = chartSeries(pointsOf({ 2: {}, 0: { readings: 4 } }));
    expect(provisional.slice(-3)).toEqual([null, null, 4]);
  });

  it('marks revised minutes from their count before the late readings to the one after', () => {
    const { revised, beforeLate } = chartSeries(pointsOf({ 5: { readings: 17, late: 7, revision: 2 }, 4: {} }));
    expect(revised.slice(-6)).toEqual([17, null, null, null, null, null]);
    expect(beforeLate.slice(-6)).toEqual([10, null, null, null, null, null]);
  });
});

describe('gaps', () => {
  it('are runs of final minutes without a row', () => {
    const rows = Object.fromEntries(Array.from({ length: 120 }, (_, ago) => [ago, {}]));
    for (const ago of [50, 49, 48, 20]) delete rows[ago];
    expect(gapsIn(pointsOf(rows))).toEqual([
      [OPEN - 50 * MINUTE, OPEN - 48 * MINUTE],
      [OPEN - 20 * MINUTE, OPEN - 20 * MINUTE],
    ]);
  });

  it('are not claimed for minutes that are still open', () => {
    expect(gapsIn(pointsOf({}, null))).toEqual([]);
  });
});

describe('what is usual', () => {
  const hour = Object.fromEntries(
    Array.from({ length: 119 }, (_, ago) => [ago + 1, { readings: ago < 60 ? 20 : 500 }]),
  );

  it('is the median of the hour before the newest settled minute', () => {
    const points = pointsOf({ ...hour, 1: { readings: 3 }, 2: { readings: 900 } });
    expect(lastSettled(points)).toMatchObject({ end: OPEN - MINUTE, readings: 3 });
    expect(usualReadings(points, lastSettled(points)!)).toBe(20);
  });

  it('needs five minutes to go by', () => {
    const points = pointsOf({ 1: {}, 2: {}, 3: {}, 4: {}, 5: {} });
    expect(usualReadings(points, lastSettled(points)!)).toBeNull();
  });

  it('halves between the middle two', () => {
    const points = pointsOf({
      1: {},
      2: { readings: 1 },
      3: { readings: 2 },
      4: { readings: 3 },
      5: { readings: 4 },
      6: { readings: 5 },
      7: { readings: 6 },
    });
    expect(usualReadings(points, lastSettled(points)!)).toBe(3.5);
  });
});

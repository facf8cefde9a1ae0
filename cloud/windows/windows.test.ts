import { describe, expect, it } from 'vitest';
import { WindowDeltas } from './deltas.ts';
import {
  combinedWatermark,
  isTooEarly,
  revise,
  type Tolerances,
  watermarkAfterEvent,
  watermarkWhileIdle,
  windowEnd,
} from './index.ts';

const NOON = Date.UTC(2026, 5, 1, 12);
const MINUTE = 60_000;
const tolerances: Tolerances = { lateToleranceMs: 5000, earlyToleranceMs: 300_000, outOfOrderToleranceMs: 0 };

describe('a window', () => {
  it('begins after its start and ends with its end', () => {
    expect(windowEnd(NOON)).toBe(NOON);
    expect(windowEnd(NOON + 1)).toBe(NOON + MINUTE);
    expect(windowEnd(NOON + MINUTE)).toBe(NOON + MINUTE);
    expect(windowEnd(NOON + MINUTE - 0.5)).toBe(NOON + MINUTE);
  });

  it('is aligned to the epoch, before it too', () => {
    expect(windowEnd(0)).toBe(0);
    expect(windowEnd(-1)).toBe(-0);
    expect(windowEnd(-MINUTE - 1)).toBe(-MINUTE);
  });
});

describe('the watermark of a partition', () => {
  it('follows the latest event time, less what may overtake', () => {
    const loose = { ...tolerances, outOfOrderToleranceMs: 2000 };
    expect(watermarkAfterEvent(null, NOON, NOON, loose)).toBe(NOON - 2000);
    expect(watermarkAfterEvent(NOON, NOON + 10_000, NOON + 10_000, loose)).toBe(NOON + 8000);
  });

  it('never goes back', () => {
    expect(watermarkAfterEvent(NOON, NOON - 1000, NOON, tolerances)).toBe(NOON);
    expect(watermarkWhileIdle(NOON, NOON, tolerances)).toBe(NOON);
  });

  it('is not held back by a device that replays yesterday', () => {
    expect(watermarkAfterEvent(NOON - MINUTE, NOON - 24 * 60 * MINUTE, NOON, tolerances)).toBe(NOON - 5000);
  });

  it('is not moved ahead by an event without a time that counts', () => {
    expect(watermarkAfterEvent(NOON - 1000, null, NOON, tolerances)).toBe(NOON - 1000);
  });

  it('goes on with arrival while the partition is idle', () => {
    expect(watermarkWhileIdle(null, NOON, tolerances)).toBe(NOON - 5000);
    expect(watermarkWhileIdle(NOON - 10_000, NOON, tolerances)).toBe(NOON - 5000);
  });
});

describe('the combined watermark', () => {
  it('is the slowest partition’s', () => {
    expect(combinedWatermark([NOON, NOON - 1, NOON + 1])).toBe(NOON - 1);
  });

  it('waits for a partition that has not been seen', () => {
    expect(combinedWatermark([NOON, null])).toBeNull();
    expect(combinedWatermark([])).toBeNull();
  });
});

describe('the policy that revises', () => {
  it('counts what belongs to a window that is still open', () => {
    expect(revise(NOON, NOON, { watermark: null, tolerances })).toBe('counted');
    expect(revise(NOON, NOON, { watermark: NOON - 1, tolerances })).toBe('counted');
  });

  it('calls late what belongs to a window that the watermark has passed', () => {
    expect(revise(NOON, NOON, { watermark: NOON, tolerances })).toBe('late');
    expect(revise(NOON - 59_999, NOON, { watermark: NOON, tolerances })).toBe('late');
    expect(revise(NOON + 1, NOON, { watermark: NOON, tolerances })).toBe('counted');
  });

  it('refuses what is more than five minutes ahead of its arrival, and not a millisecond earlier', () => {
    expect(isTooEarly(NOON + 300_000, NOON, tolerances)).toBe(false);
    expect(revise(NOON + 300_000, NOON, { watermark: null, tolerances })).toBe('counted');
    expect(revise(NOON + 300_001, NOON, { watermark: null, tolerances })).toBe('too-early');
  });
});

describe('the deltas of a commit', () => {
  it('gather readings by window, region, sensor and unit', () => {
    const deltas = new WindowDeltas();
    const reading = (name: string, unit: string, value: number | string, time: number) => ({ name, unit, value, time });
    deltas.addReading('13', reading('temp', 'Cel', 20, NOON), false);
    deltas.addReading('13', reading('temp', 'Cel', 24, NOON - 1), true);
    deltas.addReading('13', reading('temp', '', 1, NOON), false);
    deltas.addReading('13', reading('door', '', 'open', NOON), false);
    deltas.addReading('01', reading('temp', 'Cel', 5, NOON), false);
    deltas.addReading('13', reading('temp', 'Cel', 7, NOON + 1), false);
    const sorted = deltas.sorted();
    expect(sorted.map(({ windowEnd: end, region, readings, late }) => [end - NOON, region, readings, late])).toEqual([
      [0, '01', 1, 0],
      [0, '13', 4, 1],
      [MINUTE, '13', 1, 0],
    ]);
    expect([...sorted[1]!.values.values()]).toEqual([
      { sensor: 'temp', unit: 'Cel', count: 2, sum: 44, min: 20, max: 24 },
      { sensor: 'temp', unit: '', count: 1, sum: 1, min: 1, max: 1 },
    ]);
  });
});

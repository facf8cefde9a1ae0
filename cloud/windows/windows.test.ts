import { describe, expect, it } from 'vitest';
import { WindowDeltas } from './deltas.ts';
import { combinedWatermark, firstWindowEnd, lastWindowEnd, type Windowing } from './index.ts';

const NOON = Date.UTC(2026, 5, 1, 12);
const MINUTE = 60_000;

function windowEnds(time: number, windowing: Windowing): number[] {
  const ends: number[] = [];
  const last = lastWindowEnd(time, windowing);
  for (let end = firstWindowEnd(time, windowing); end <= last; end += windowing.hopMs) ends.push(end);
  return ends;
}

describe('a time', () => {
  const minutes = { lengthMs: MINUTE, hopMs: MINUTE };

  it.each([
    [NOON, NOON],
    [NOON + 1, NOON + MINUTE],
    [NOON + MINUTE, NOON + MINUTE],
    [NOON + MINUTE - 0.5, NOON + MINUTE],
    [0, 0],
    [-MINUTE - 1, -MINUTE],
  ])('belongs to one tumbling window, which begins after its start and ends with its end: %d', (time, end) => {
    expect(firstWindowEnd(time, minutes)).toBe(end);
    expect(windowEnds(time, minutes)).toEqual([end]);
  });

  it('belongs to every hopping window that holds it, aligned to the hop', () => {
    const hopping = { lengthMs: MINUTE, hopMs: 20_000 };
    expect(windowEnds(NOON, hopping)).toEqual([NOON, NOON + 20_000, NOON + 40_000]);
    expect(windowEnds(NOON + 1, hopping)).toEqual([NOON + 20_000, NOON + 40_000, NOON + MINUTE]);
  });

  it('belongs to more windows or fewer where the hop does not divide the length', () => {
    const uneven = { lengthMs: 10, hopMs: 4 };
    expect(windowEnds(4, uneven)).toEqual([4, 8, 12]);
    expect(windowEnds(3, uneven)).toEqual([4, 8, 12]);
    expect(windowEnds(2, uneven)).toEqual([4, 8]);
    expect(windowEnds(1, uneven)).toEqual([4, 8]);
  });

  it('belongs to a window exactly if that begins before it and does not end before it', () => {
    for (const [lengthMs, hopMs] of [
      [7, 3],
      [6, 6],
      [10, 1],
    ] as const)
      for (let time = -20; time <= 20; time++) {
        const holding = Array.from({ length: 100 }, (_, n) => (n - 50) * hopMs);
        const expected = holding.filter((end) => end - lengthMs < time && time <= end).map((end) => end + 0);
        expect(windowEnds(time, { lengthMs, hopMs }).map((end) => end + 0)).toEqual(expected);
      }
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

describe('the deltas of a commit', () => {
  it('gather readings by window, region, sensor and unit', () => {
    const deltas = new WindowDeltas();
    const reading = (name: string, unit: string, value: number | string, time: number) => ({ name, unit, value, time });
    deltas.addReading(NOON, '13', reading('temp', 'Cel', 20, NOON), false);
    deltas.addReading(NOON, '13', reading('temp', 'Cel', 24, NOON - 1), true);
    deltas.addReading(NOON, '13', reading('temp', '', 1, NOON), false);
    deltas.addReading(NOON, '13', reading('door', '', 'open', NOON), false);
    deltas.addReading(NOON, '01', reading('temp', 'Cel', 5, NOON), false);
    deltas.addReading(NOON + MINUTE, '13', reading('temp', 'Cel', 7, NOON + 1), false);
    const sorted = deltas.sorted();
    expect(sorted.map(({ windowEnd: end, region, readings, late }) => [end - NOON, region, readings, late])).toEqual([
      [0, '01', 1, 0],
      [0, '13', 4, 1],
      [MINUTE, '13', 1, 0],
    ]);
    const values = [...sorted[1]!.values.values()].map(({ sketch, ...value }) => ({
      ...value,
      sketched: sketch.count,
    }));
    expect(values).toEqual([
      { sensor: 'temp', unit: 'Cel', count: 2, sum: 44, min: 20, max: 24, sketched: 2 },
      { sensor: 'temp', unit: '', count: 1, sum: 1, min: 1, max: 1, sketched: 1 },
    ]);
  });
});

import { describe, expect, it } from 'vitest';
import type { RolloutSignal } from './fleet-contract.ts';
import { evidenceChart, shareOfThreshold, standingOf, valueChart } from './signal-chart.ts';

const series = (values: readonly (readonly [observed: number | null, expected: number | null, evidence: number])[]) =>
  values.map(([observed, expected, evidence], index) => ({
    at: new Date(Date.UTC(2026, 10, 22, 0, index)).toISOString(),
    observed,
    expected,
    evidence,
  }));

describe('the chart of a signal', () => {
  it('draws what was observed and expected on one scale, from zero where values are near it', () => {
    const chart = valueChart(
      series([
        [1, 10, 0],
        [5, 10, 0],
      ]),
    )!;
    expect(chart.low).toBe(0);
    expect(chart.high).toBeCloseTo(11);
    expect(chart.expected[0]!.map(({ x }) => x)).toEqual([0, 1]);
    expect(chart.observed[0]![1]!.y).toBeCloseTo(5 / 11);
  });

  it('leaves a gap where nothing was observed', () => {
    const chart = valueChart(
      series([
        [1, 1, 0],
        [null, 1, 0],
        [1, 1, 0],
      ]),
    )!;
    expect([chart.observed.length, chart.expected.length]).toEqual([2, 1]);
  });

  it('is none where nothing was told, and has room where all values are one', () => {
    expect(valueChart(series([[null, null, 0]]))).toBeNull();
    const flat = valueChart(series([[3, 3, 0]]))!;
    expect(flat.observed[0]![0]!.y).toBeGreaterThan(0);
    expect(flat.observed[0]![0]!.y).toBeLessThan(1);
    // Nothing that happened lies on the ground.
    expect(valueChart(series([[0, 0, 0]]))).toMatchObject({ low: 0, high: 1, observed: [[{ y: 0 }]] });
  });
});

describe('evidence', () => {
  it('stands at the threshold when it halts, and at the bottom while it says nothing', () => {
    for (const threshold of [5, 700]) {
      expect(shareOfThreshold(threshold, threshold)).toBeCloseTo(1);
      const { evidence, threshold: line } = evidenceChart(series([[null, null, threshold]]), threshold);
      expect(evidence[0]![0]!.y).toBeCloseTo(line);
    }
    expect([shareOfThreshold(0, 700), shareOfThreshold(1, 700)]).toEqual([0, 0]);
    expect(shareOfThreshold(10, 1_000)).toBeCloseTo(1 / 3);
  });

  it('is cut off at the top, and raised from a tenth of the threshold on', () => {
    expect(evidenceChart(series([[null, null, 1e9]]), 700).evidence[0]![0]!.y).toBe(1);
    const at = (evidence: number, devices = 5) => standingOf({ evidence, threshold: 700, devices } as RolloutSignal);
    expect([at(0), at(69), at(70), at(700), at(0, 0)]).toEqual(['calm', 'calm', 'raised', 'reached', 'unheard']);
  });
});

import type { RolloutSignal } from './fleet-contract.ts';

/** A point of a chart, both from 0 to 1; `y` grows upwards. */
export interface ChartPoint {
  readonly x: number;
  readonly y: number;
}

/** Runs of points without a gap; a null value is one. */
export type ChartLine = readonly (readonly ChartPoint[])[];

export interface ValueChart {
  readonly observed: ChartLine;
  readonly expected: ChartLine;
  /** What the bottom and the top of the chart stand for. */
  readonly low: number;
  readonly high: number;
}

export interface EvidenceChart {
  readonly evidence: ChartLine;
  /** Where the threshold lies, from 0 to 1. */
  readonly threshold: number;
}

type Series = RolloutSignal['series'];

/** What was observed beside what was expected, on one scale. Null where no round told either. */
export function valueChart(series: Series): ValueChart | null {
  const values = series.flatMap(({ observed, expected }) => [observed, expected]).filter((each) => each !== null);
  if (values.length === 0) return null;
  const least = Math.min(...values);
  const greatest = Math.max(...values);
  // From zero where zero is near, so that small noise does not fill the chart.
  const fromZero = least >= 0 && (greatest === 0 || least < greatest * 0.8);
  const room = (greatest - (fromZero ? 0 : least)) * 0.1 || Math.abs(greatest) * 0.1 || 1;
  const low = fromZero ? 0 : least - room;
  const high = greatest + room;
  const place = (value: number) => (value - low) / (high - low);
  return {
    observed: lineOf(series, ({ observed }) => observed, place),
    expected: lineOf(series, ({ expected }) => expected, place),
    low,
    high,
  };
}

/** The threshold stands at this height, so that what crosses it can be seen to. */
const THRESHOLD_HEIGHT = 0.8;

/** The evidence against its threshold; what lies above is cut off at the top. */
export function evidenceChart(series: Series, threshold: number): EvidenceChart {
  return {
    evidence: lineOf(
      series,
      ({ evidence }) => evidence,
      (value) => Math.min(1, shareOfThreshold(value, threshold) * THRESHOLD_HEIGHT),
    ),
    threshold: THRESHOLD_HEIGHT,
  };
}

/**
 * How far the evidence has come to what halts: 0 to 1 and above. It is a product of likelihood ratios, which begins at 1
 * and moves by factors, so its logarithm is what is shared out.
 */
export function shareOfThreshold(evidence: number, threshold: number): number {
  return threshold > 1 ? Math.log(Math.max(1, evidence)) / Math.log(threshold) : 0;
}

/** How a signal stands: `raised` from a tenth of the threshold on, as the gate has it. */
export function standingOf({ evidence, threshold, devices }: RolloutSignal): 'unheard' | 'calm' | 'raised' | 'reached' {
  if (threshold > 0 && evidence >= threshold) return 'reached';
  if (threshold > 0 && evidence >= threshold / 10) return 'raised';
  return devices === 0 ? 'unheard' : 'calm';
}

function lineOf(
  series: Series,
  tellOf: (each: Series[number]) => number | null,
  place: (value: number) => number,
): ChartLine {
  const first = Date.parse(series[0]?.at ?? '');
  const span = Date.parse(series.at(-1)?.at ?? '') - first;
  const lines: ChartPoint[][] = [[]];
  for (const each of series) {
    const value = tellOf(each);
    if (value === null) lines.push([]);
    else lines.at(-1)!.push({ x: span > 0 ? (Date.parse(each.at) - first) / span : 1, y: place(value) });
  }
  return lines.filter((line) => line.length > 0);
}

import type { RolloutSignal } from '../../model/fleet-contract.ts';
import { type ChartLine, evidenceChart, valueChart } from '../../model/signal-chart.ts';
import { format, text } from '../../page/preferences.ts';

/** What a chart is drawn in; it is stretched to its place. */
const WIDTH = 200;
const HEIGHT = 48;

interface OfSignal {
  readonly signal: RolloutSignal;
  readonly name: string;
}

/** Observed as a line, expected dashed. */
export function ValueChart({ signal, name }: OfSignal) {
  const chart = valueChart(signal.series);
  const words = text.value.fleet.signals;
  const number = (value: number) => format.value.measured(value, 2);
  if (chart === null) return <div class="small-chart" />;
  return (
    <div class="small-chart">
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={words.valueChart(name, number(chart.low), number(chart.high))}
      >
        <path class="expected-line" d={pathOf(chart.expected)} />
        <path class="observed-line" d={pathOf(chart.observed)} />
      </svg>
      <span class="bound high" aria-hidden="true">
        {number(chart.high)}
      </span>
      <span class="bound low" aria-hidden="true">
        {number(chart.low)}
      </span>
    </div>
  );
}

/** Evidence as an area below the line at which it halts. */
export function EvidenceChart({ signal, name }: OfSignal) {
  const { evidence, threshold } = evidenceChart(signal.series, signal.threshold);
  const words = text.value.fleet.signals;
  const line = (1 - threshold) * HEIGHT;
  return (
    <div class="small-chart evidence">
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={words.evidenceChart(name, format.value.measured(signal.threshold, 3))}
      >
        <path class="evidence-area" d={areaOf(evidence)} />
        <path class="evidence-line" d={pathOf(evidence)} />
        <path class="threshold-line" d={`M0 ${line}H${WIDTH}`} />
      </svg>
    </div>
  );
}

const place = (value: number) => Math.round(value * 10) / 10;

function pathOf(line: ChartLine): string {
  return line
    .map((points) => points.map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'}${at(x, y)}`).join('') + lonely(points))
    .join('');
}

/** A point without neighbours is a short stroke, or it would not be seen. */
function lonely(points: ChartLine[number]): string {
  return points.length === 1 ? 'h-3' : '';
}

function areaOf(line: ChartLine): string {
  return line
    .filter((points) => points.length > 1)
    .map(
      (points) =>
        `M${at(points[0]!.x, 0)}${points.map(({ x, y }) => `L${at(x, y)}`).join('')}L${at(points.at(-1)!.x, 0)}Z`,
    )
    .join('');
}

function at(x: number, y: number): string {
  return `${place(x * WIDTH)} ${place((1 - y) * HEIGHT)}`;
}

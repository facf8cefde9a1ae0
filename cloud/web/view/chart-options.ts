import uPlot from 'uplot';
import { MINUTE } from '../model/minute.ts';
import { roundTop } from '../model/scale.ts';
import type { Format } from '../text/format.ts';

/** Where each line of `chartSeries` sits in uPlot's data; 0 is the time. */
const SETTLED = 1;
const PROVISIONAL = 2;
const REVISED = 3;
const BEFORE_LATE = 4;

/** Between two lines of the grid: whole readings only. */
const WHOLE_STEPS = [0, 1, 2, 3, 4, 5, 6].flatMap((power) => [1, 2, 5].map((step) => step * 10 ** power));

export interface ChartLook {
  readonly format: Format;
  /** Colours are read from the page's style, which the theme has set. */
  readonly theme: 'light' | 'dark';
  /** The index of the minute under the pointer; null when it leaves. */
  readonly onPoint: (index: number | null) => void;
  readonly gaps: () => readonly (readonly [first: number, last: number])[];
  /** CSS pixels. */
  readonly width: number;
  readonly height: number;
}

/**
 * Settled minutes as a line, open ones dashed with hollow points, revised ones with a filled diamond on a stem
 * that starts where the count stood before the late readings; runs of minutes without a row as grey bands.
 */
export function chartOptions(look: ChartLook): uPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const line = colour('--chart-line');
  const open = colour('--chart-open');
  const late = colour('--chart-late');
  const surface = colour('--surface');
  const font = `11px ${getComputedStyle(document.body).fontFamily}`;
  const axis: uPlot.Axis = {
    stroke: colour('--ink-3'),
    font,
    grid: { stroke: colour('--chart-grid'), width: 1 },
    ticks: { show: false },
  };
  const clockOf = (seconds: number) => look.format.minute(seconds * 1000);
  return {
    width: look.width,
    height: look.height,
    padding: [8, 20, 0, 0],
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, y: false, points: { show: false } },
    scales: { x: { time: true }, y: { range: (_chart, _low, high) => [0, roundTop(high ?? 0)] } },
    axes: [
      { ...axis, size: 28, space: 56, values: (_chart, splits) => splits.map(clockOf) },
      {
        ...axis,
        size: 44,
        space: 36,
        incrs: WHOLE_STEPS,
        values: (_chart, splits) => splits.map((value) => look.format.integer(value)),
      },
    ],
    series: [
      {},
      {
        stroke: line,
        width: 1.75,
        fill: colour('--chart-area'),
        points: { show: true, size: 4, width: 0, fill: line, filter: lonelyPoints },
      },
      {
        stroke: open,
        width: 1.75,
        dash: [4, 4],
        points: { show: true, size: 6, width: 1.5, stroke: open, fill: surface, filter: openPoints },
      },
      { stroke: late, paths: () => null, points: { show: false } },
      { stroke: late, paths: () => null, points: { show: false } },
    ],
    hooks: {
      setCursor: [(chart) => look.onPoint(chart.cursor.idx ?? null)],
      drawClear: [(chart) => drawGaps(chart, look.gaps(), colour('--chart-gap'))],
      draw: [(chart) => drawRevisions(chart, late)],
    },
  };
}

/** Points with a gap on both sides: no line reaches them. */
function lonelyPoints(chart: uPlot, series: number): number[] {
  const values = chart.data[series]!;
  return [...values.keys()].filter(
    (index) => values[index] != null && values[index - 1] == null && values[index + 1] == null,
  );
}

/** Without the settled point that the dashed line starts from. */
function openPoints(chart: uPlot): number[] {
  const settled = chart.data[SETTLED]!;
  const provisional = chart.data[PROVISIONAL]!;
  return [...provisional.keys()].filter((index) => provisional[index] != null && settled[index] == null);
}

function drawGaps(chart: uPlot, gaps: readonly (readonly [number, number])[], fill: string): void {
  const { ctx, bbox } = chart;
  ctx.save();
  ctx.fillStyle = fill;
  for (const [first, last] of gaps) {
    const left = chart.valToPos((first - MINUTE / 2) / 1000, 'x', true);
    const right = chart.valToPos((last + MINUTE / 2) / 1000, 'x', true);
    const from = Math.max(bbox.left, left);
    ctx.fillRect(from, bbox.top, Math.min(bbox.left + bbox.width, right) - from, bbox.height);
  }
  ctx.restore();
}

function drawRevisions(chart: uPlot, stroke: string): void {
  const { ctx } = chart;
  const [seconds] = chart.data;
  const arm = 3.5 * uPlot.pxRatio;
  ctx.save();
  ctx.strokeStyle = stroke;
  ctx.fillStyle = stroke;
  ctx.lineWidth = 1.5 * uPlot.pxRatio;
  for (const [index, value] of chart.data[REVISED]!.entries()) {
    if (value == null) continue;
    const x = chart.valToPos(seconds[index]!, 'x', true);
    const y = chart.valToPos(value, 'y', true);
    const foot = chart.valToPos(chart.data[BEFORE_LATE]![index] ?? value, 'y', true);
    ctx.beginPath();
    ctx.moveTo(x, foot);
    ctx.lineTo(x, y);
    ctx.stroke();
    ctx.beginPath();
    ctx.moveTo(x, y - arm);
    ctx.lineTo(x + arm, y);
    ctx.lineTo(x, y + arm);
    ctx.lineTo(x - arm, y);
    ctx.fill();
  }
  ctx.restore();
}

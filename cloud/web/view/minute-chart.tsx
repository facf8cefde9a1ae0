import { signal, useSignalEffect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { chartSeries, gapsIn } from '../model/series.ts';
import { format, styledTheme } from '../page/preferences.ts';
import { regionMinutes, selectedRegion } from '../page/selection.ts';
import { chartOptions } from './chart-options.ts';

/** Which of the region's minutes the pointer is over. */
export const pointedIndex = signal<number | null>(null);

/** The region's two hours. The canvas speaks through `label`; the numbers are in the table below it. */
export function MinuteChart({ label }: { readonly label: string }) {
  const holder = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);

  // Colours and number formats are fixed when a chart is made, so a change of either makes a new one.
  useSignalEffect(() => {
    const element = holder.current;
    if (!element) return;
    const options = chartOptions({
      format: format.value,
      theme: styledTheme.value,
      gaps: () => gapsIn(regionMinutes.peek()),
      onPoint: (index) => {
        pointedIndex.value = index;
      },
      width: element.clientWidth,
      height: element.clientHeight,
    });
    const made = new uPlot(options, dataNow(), element);
    chart.current = made;
    return () => {
      chart.current = null;
      made.destroy();
    };
  });

  useSignalEffect(() => {
    regionMinutes.value;
    selectedRegion.value;
    chart.current?.setData(dataNow());
  });

  useEffect(() => {
    const element = holder.current;
    if (!element) return;
    const observer = new ResizeObserver(() => {
      chart.current?.setSize({ width: element.clientWidth, height: element.clientHeight });
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  return <div class="chart" role="img" aria-label={label} ref={holder} data-testid="chart" />;
}

function dataNow(): uPlot.AlignedData {
  const { seconds, settled, provisional, revised, beforeLate } = chartSeries(regionMinutes.peek());
  return [[...seconds], [...settled], [...provisional], [...revised], [...beforeLate]];
}

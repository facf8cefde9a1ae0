import { gapsIn } from '../model/series.ts';
import { historyError } from '../page/history.ts';
import { judgement } from '../page/lists.ts';
import { hasData } from '../page/live-feed.ts';
import { format, language, text } from '../page/preferences.ts';
import { regionIsLoaded, regionMinutes, selectedRegion, settled } from '../page/selection.ts';
import { nameOf } from '../text/places.ts';
import { MinuteChart, pointedIndex } from './minute-chart.tsx';
import { MinuteTable } from './minute-table.tsx';
import { RegionCompleteness } from './region-completeness.tsx';
import { SensorValues } from './sensor-values.tsx';
import { Verdict } from './verdict.tsx';

export function RegionPanel() {
  const region = selectedRegion.value;
  return (
    <section class="panel region" aria-labelledby="region-title" data-testid="region" data-region={region.code}>
      <div class="panel-head">
        <h2 id="region-title">{nameOf(region, language.value)}</h2>
        <SettledCount />
      </div>
      {judgement.value && <Verdict judgement={judgement.value} />}
      <RegionCompleteness />
      <div class="chart-head">
        <h3>{text.value.region.lastTwoHours}</h3>
        <PointedMinute />
      </div>
      {hasData.value && (
        <>
          <HistoryNotice />
          <MinuteChart label={chartLabel()} />
          <ChartLegend />
          <SensorValues />
          <MinuteTable />
        </>
      )}
    </section>
  );
}

function SettledCount() {
  const words = text.value.region;
  if (!settled.value || !regionIsLoaded.value) return null;
  const { point, usual } = settled.value;
  const change = judgement.value?.change;
  return (
    <p class="settled" data-testid="settled" data-readings={point.readings ?? ''}>
      <span class="aside">{words.lastFinal}</span> <time>{format.value.minute(point.end)}</time>{' '}
      <strong>{point.readings === null ? words.gap : format.value.integer(point.readings)}</strong>{' '}
      {point.readings !== null && words.readings}
      <span class="aside usual">
        {usual === null ? words.noUsual : words.usual(format.value.integer(Math.round(usual)))}
        {change != null && usual !== null && ` (${format.value.change(change)})`}
      </span>
    </p>
  );
}

/** What the chart shows under the pointer. The table tells the same to everyone else. */
function PointedMinute() {
  const point = pointedIndex.value === null ? undefined : regionMinutes.value[pointedIndex.value];
  if (!point) return null;
  const words = text.value.region;
  const { minute, integer } = format.value;
  return (
    <p class="pointed" aria-hidden="true">
      {minute(point.end)} <b>{point.readings === null ? words.gap : `${integer(point.readings)} ${words.readings}`}</b>{' '}
      {text.value.state[point.state]}
      {point.late > 0 && ` (${words.lateReadings(integer(point.late))})`}
    </p>
  );
}

function HistoryNotice() {
  if (historyError.value !== null) return <p class="inline-error">{text.value.region.failed(historyError.value)}</p>;
  if (!regionIsLoaded.value) return <p class="loading">{text.value.region.loading}</p>;
  return null;
}

function chartLabel(): string {
  const points = regionMinutes.value;
  const gaps = gapsIn(points).reduce((sum, [first, last]) => sum + (last - first) / 60_000 + 1, 0);
  const revised = points.filter((point) => point.state === 'revised' && point.readings !== null).length;
  const { minute, integer } = format.value;
  return text.value.region.chart(
    nameOf(selectedRegion.value, language.value),
    minute(points[0]!.end),
    minute(points.at(-1)!.end),
    integer(gaps),
    integer(revised),
  );
}

function ChartLegend() {
  const words = text.value.region;
  return (
    <ul class="chart-legend">
      <li class="settled-line">{words.legendFinal}</li>
      <li class="provisional-line">{words.legendProvisional}</li>
      <li class="revised-mark">{words.legendRevised}</li>
      <li class="gap-band">{words.legendGap}</li>
    </ul>
  );
}

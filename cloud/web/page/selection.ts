import { computed, effect, signal } from '@preact/signals';
import { type RegionCode, regionOf } from '@tashika/shared/regions';
import type { Address } from '../model/address.ts';
import { type Count, knowsMinute, type Minute } from '../model/live.ts';
import { lastFinalMinute, stateOf } from '../model/minute.ts';
import { scaleFor } from '../model/scale.ts';
import { lastSettled, minutesOf, usualReadings } from '../model/series.ts';
import { address, replaceAddress } from './address.ts';
import { live, openEnd } from './live-feed.ts';

/** Which minute the map shows. */
export type ShownMinute = 'open' | 'final';

const TOKYO = '13' as RegionCode;

/** The chosen region is in the address (`#13`), so that a colleague can be sent to it. */
export const selectedCode = signal<RegionCode>(codeIn(address.peek()) ?? TOKYO);
export const selectedRegion = computed(() => regionOf(selectedCode.value));
export const shownMinute = signal<ShownMinute>('open');

export const finalEnd = computed(() => lastFinalMinute(live.value.finalUntil));
/** End of the window on the map; null while there is no final one to show. */
export const shownEnd = computed(() => (shownMinute.value === 'open' ? openEnd.value : finalEnd.value));

const NO_ROWS: Minute = new Map<RegionCode, Count>();

export const shownCounts = computed(() => {
  const end = shownEnd.value;
  return (end !== null && live.value.minutes.get(end)) || NO_ROWS;
});
/** False while the minute's counts are still being asked for. */
export const shownIsKnown = computed(() => shownEnd.value !== null && knowsMinute(live.value, shownEnd.value));
export const shownTotal = computed(() =>
  [...shownCounts.value.values()].reduce((sum, count) => sum + count.readings, 0),
);

/** One scale for the latest minutes, so that colours keep their meaning while a minute fills up. */
export const mapScale = computed(() => {
  const recent = [...live.value.minutes].filter(([end]) => end > openEnd.value - 10 * 60_000);
  return scaleFor(Math.max(0, ...recent.flatMap(([, minute]) => [...minute.values()].map((count) => count.readings))));
});
export function shownStateOf(count: Count | undefined) {
  const end = shownEnd.value;
  return end === null ? 'provisional' : stateOf(end, count?.revision ?? 0, live.value.finalUntil);
}

export const regionMinutes = computed(() => minutesOf(live.value, selectedCode.value, openEnd.value));
export const regionIsLoaded = computed(() => live.value.loadedRegions.has(selectedCode.value));
/** The newest settled minute of the chosen region and what is usual there. */
export const settled = computed(() => {
  const point = lastSettled(regionMinutes.value);
  return point ? { point, usual: usualReadings(regionMinutes.value, point) } : null;
});

export function selectRegion(code: RegionCode): void {
  selectedCode.value = code;
}

effect(() => {
  const region = selectedCode.value;
  if (address.peek().page === 'counts') replaceAddress({ page: 'counts', region });
});

effect(() => {
  const code = codeIn(address.value);
  if (code) selectedCode.value = code;
});

function codeIn(asked: Address): RegionCode | null {
  return asked.page === 'counts' ? asked.region : null;
}

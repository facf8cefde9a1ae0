import { computed, effect } from '@preact/signals';
import { systemClock } from '@tashika/shared/time';
import { Polled } from '../feed/polled.ts';
import { fetchCompleteness, fetchValues } from '../feed/requests.ts';
import type { ValuesAnswer } from '../model/contract.ts';
import { isSeen } from './address.ts';
import { selectedCode, settled } from './selection.ts';

const whileSeen = () => isSeen('counts');

/** Late readings change a final minute too, so it is asked for again. */
const values = new Polled<ValuesAnswer | null>({
  fetch: async (abort) =>
    settledEnd.peek() === null ? null : fetchValues(settledEnd.peek()!, selectedCode.peek(), abort),
  clock: systemClock,
  every: 15_000,
  mayPoll: whileSeen,
});

const completeness = new Polled({
  fetch: fetchCompleteness,
  clock: systemClock,
  every: 10_000,
  mayPoll: whileSeen,
});

const settledEnd = computed(() => settled.value?.point.end ?? null);

/** What the sensors of the chosen region measured in its newest settled minute. */
export const sensorValues = values.state;

const NO_DEVICES = { devices: 0, received: 0, missing: 0, held: 0, lost: 0, completeness: 1 };

/** What the chosen region's devices have delivered and owe; null until it is known. */
export const regionCompleteness = computed(() => {
  const { value } = completeness.state.value;
  return value && (value.regions.find(({ region }) => region === selectedCode.value) ?? NO_DEVICES);
});
export const completenessError = computed(() => completeness.state.value.error);

export function startRegionFacts(): void {
  void completeness.refresh();
  effect(() => {
    selectedCode.value;
    values.restart();
  });
  effect(() => {
    if (settledEnd.value !== null) void values.refresh();
  });
}

import { computed } from '@preact/signals';
import { systemClock } from '@tashika/shared/time';
import { Polled } from '../feed/polled.ts';
import { fetchReadiness } from '../feed/requests.ts';
import type { ReadyCondition } from '../model/contract.ts';

const readiness = new Polled({
  fetch: fetchReadiness,
  clock: systemClock,
  every: 5_000,
  mayPoll: () => document.visibilityState === 'visible',
});

const NONE: readonly ReadyCondition[] = [];

/** What keeps readings from being counted, as far as the last answer goes; an attempt that failed tells nothing. */
export const conditions = computed(() => {
  const { value, error } = readiness.state.value;
  return error === null && value ? value.conditions : NONE;
});

export function startReadiness(): void {
  void readiness.refresh();
}

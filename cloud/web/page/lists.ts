import { computed, effect, signal } from '@preact/signals';
import { systemClock } from '@tashika/shared/time';
import { Polled } from '../feed/polled.ts';
import { fetchDeadLetters, fetchDevices } from '../feed/requests.ts';
import { balanceOf, type DeviceOrder, sortDevices } from '../model/devices.ts';
import { verdictOn } from '../model/verdict.ts';
import { isSeen } from './address.ts';
import { live } from './live-feed.ts';
import { selectedCode, settled } from './selection.ts';

/** A region's devices are all wanted, because its balance rests on them; this bounds what a tab asks for. */
const MOST_OF_A_REGION = 1_000;
const FIRST_OF_ALL = 100;

const whileSeen = () => isSeen('counts');

export const deviceScope = signal<'region' | 'all'>('region');
export const deviceOrder = signal<DeviceOrder>('completeness');
/** How many devices of all regions are wanted; a button raises it. */
const wantedOfAll = signal(FIRST_OF_ALL);

const ofRegion = new Polled({
  fetch: (abort) => fetchDevices(selectedCode.peek(), MOST_OF_A_REGION, abort),
  clock: systemClock,
  every: 5_000,
  mayPoll: whileSeen,
});

const ofAll = new Polled({
  fetch: (abort) => fetchDevices(null, wantedOfAll.peek(), abort),
  clock: systemClock,
  every: 10_000,
  mayPoll: () => whileSeen() && deviceScope.peek() === 'all',
});

export const deviceList = computed(() => (deviceScope.value === 'region' ? ofRegion.state.value : ofAll.state.value));
export const sortedDevices = computed(() => sortDevices(deviceList.value.value?.devices ?? [], deviceOrder.value));

/** What the chosen region's devices owe to its newest settled minute, and what it makes of the count. */
export const judgement = computed(() => {
  const fetched = ofRegion.state.value.value;
  if (!fetched || !settled.value) return null;
  const { point, usual } = settled.value;
  const balance = balanceOf(fetched.devices, point.end);
  return { point, balance, isPartial: !fetched.complete, ...verdictOn(point, usual, balance, fetched.complete) };
});

export function wantMoreDevices(): void {
  wantedOfAll.value += FIRST_OF_ALL;
  void ofAll.refresh();
}

/** The reason whose dead letters are listed; null for all. */
export const deadLetterReason = signal<string | null>(null);

const FIRST_LETTERS = 50;
const wantedLetters = signal(FIRST_LETTERS);

const letters = new Polled({
  fetch: (abort) => fetchDeadLetters(deadLetterReason.peek(), wantedLetters.peek(), abort),
  clock: systemClock,
  every: 15_000,
  mayPoll: whileSeen,
});

export const deadLetters = letters.state;
export function wantMoreDeadLetters(): void {
  wantedLetters.value += FIRST_LETTERS;
  void letters.refresh();
}

export const refreshDeadLetters = () => letters.refresh();

export function startLists(): void {
  effect(() => {
    selectedCode.value;
    ofRegion.restart();
  });
  // A minute that has just settled is judged by what its devices said after it, not by an older list.
  const settledEnd = computed(() => settled.value?.point.end);
  effect(() => {
    if (settledEnd.value !== undefined) void ofRegion.refresh();
  });
  effect(() => {
    if (deviceScope.value === 'all') void ofAll.refresh();
    else ofAll.stop();
  });
  effect(() => {
    deadLetterReason.value;
    letters.restart();
  });
  // The feed tells how many there are; a change of that number is worth a look at the list.
  const told = computed(() => live.value.figures?.deadLetters);
  effect(() => {
    if (told.value !== undefined) void letters.refresh();
  });
}

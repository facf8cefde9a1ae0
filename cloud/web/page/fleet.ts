import { computed, effect, signal } from '@preact/signals';
import { systemClock } from '@tashika/shared/time';
import {
  fetchAudit,
  fetchImages,
  fetchRollout,
  fetchRollouts,
  fetchVersions,
  NOT_CONFIGURED,
} from '../feed/fleet-requests.ts';
import { Polled } from '../feed/polled.ts';
import { mostRelevant } from '../model/rollout.ts';
import { address, isSeen, shownPage } from './address.ts';
import { hasData, monotonic, now } from './live-feed.ts';

const ROLLOUT_EVERY = 3_000;

/** Shown numbers older than this are marked as such. */
const STALE_AFTER = 5 * ROLLOUT_EVERY;

const FIRST_ENTRIES = 50;

const whileSeen = () => isSeen('fleet');
const polled = <T>(every: number, fetch: (abort: AbortSignal) => Promise<T>) =>
  new Polled({ fetch, clock: systemClock, every, mayPoll: whileSeen });

const rollouts = polled(5_000, fetchRollouts);
const versions = polled(15_000, fetchVersions);
const images = polled(30_000, fetchImages);

/** When the shown rollout was last told, on the monotonic clock. */
const toldAt = signal<number | null>(null);

const rollout = polled(ROLLOUT_EVERY, async (abort) => {
  const id = chosenRollout.peek();
  const answer = id === null ? undefined : await fetchRollout(id, abort);
  toldAt.value = systemClock.monotonic();
  return answer;
});

const wantedEntries = signal(FIRST_ENTRIES);
const audit = polled(5_000, async (abort) => {
  const id = chosenRollout.peek();
  return id === null ? undefined : fetchAudit(id, wantedEntries.peek(), abort);
});

/** Null until the server has said whether there is a fleet at all. */
export const fleetIsConfigured = computed(() => {
  const { value } = rollouts.state.value;
  return value === null ? null : value !== NOT_CONFIGURED;
});

export const rolloutList = computed(() => {
  const { value } = rollouts.state.value;
  return value === null || value === NOT_CONFIGURED ? null : value;
});

/** The rollout that the address names, else the one that matters most; null where there is none. */
export const chosenRollout = computed(() => {
  const asked = address.value;
  if (asked.page === 'fleet' && asked.rollout !== null) return asked.rollout;
  return mostRelevant(rolloutList.value ?? [])?.id ?? null;
});

/** Null until it is told; `missing` where there is none of that name. */
export const shownRollout = computed(() => {
  const { value } = rollout.state.value;
  if (value === undefined) return null;
  return value === null && toldAt.value !== null && rollout.state.value.error === null ? 'missing' : value;
});

export const auditLog = computed(() => audit.state.value);
export const imageList = computed(() => images.state.value);
export const versionList = computed(() => versions.state.value);

/** Why the latest attempt failed; null while all is well. */
export const fleetError = computed(() => rollouts.state.value.error ?? rollout.state.value.error);

/** How long ago the shown rollout was told, in ms; null while that is recent. */
export const fleetAge = computed(() => {
  const age = toldAt.value === null ? 0 : monotonic.value - toldAt.value;
  return age > STALE_AFTER ? age : null;
});

/** The server's time; null until it is known, and then nothing's age is. */
export const serverTime = computed(() => (hasData.value ? now.value : null));

export function wantMoreEntries(): void {
  wantedEntries.value += FIRST_ENTRIES;
  void audit.refresh();
}

/** Asks for what the page shows while it is open and can be seen, and for nothing otherwise. */
export function startFleet(): void {
  const isOpen = computed(() => shownPage.value === 'fleet');
  // Where there is no fleet, there is nothing else to ask for.
  const hasFleet = computed(() => isOpen.value && fleetIsConfigured.value === true);
  const asked = computed(() => (hasFleet.value ? chosenRollout.value : null));
  effect(() => {
    if (isOpen.value) void rollouts.refresh();
    else rollouts.stop();
  });
  effect(() => {
    for (const each of [versions, images]) {
      if (hasFleet.value) void each.refresh();
      else each.stop();
    }
  });
  effect(() => {
    wantedEntries.value = FIRST_ENTRIES;
    toldAt.value = null;
    for (const each of [rollout, audit]) {
      if (asked.value !== null) each.restart();
      else each.stop();
    }
  });
  document.addEventListener('visibilitychange', () => {
    if (!whileSeen()) return;
    void rollouts.refresh();
    if (hasFleet.peek()) for (const each of [rollout, audit, versions, images]) void each.refresh();
  });
}

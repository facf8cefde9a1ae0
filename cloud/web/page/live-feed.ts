import { computed, signal } from '@preact/signals';
import { systemClock } from '@tashika/shared/time';
import { type ConnectionStatus, LiveConnection, type MessageKind } from '../feed/connection.ts';
import { openEventSource } from '../feed/event-source.ts';
import type { LiveMessage } from '../model/contract.ts';
import { STALE_AFTER, watermarkHealth } from '../model/freshness.ts';
import { applyDelta, applySnapshot, type LiveState, nothingYet, serverNow } from '../model/live.ts';
import { openMinute } from '../model/minute.ts';

export const live = signal<LiveState>(nothingYet);
export const connection = signal<ConnectionStatus>({ phase: 'connecting' });

/** This machine's monotonic clock, moved on twice a second: the page ages and rolls over without traffic too. */
export const monotonic = signal(systemClock.monotonic());

export const hasData = computed(() => live.value.id !== null);
/** How long ago the last message came, ms. */
export const age = computed(() => Math.max(0, monotonic.value - live.value.receivedAt));
export const isStale = computed(() => hasData.value && age.value > STALE_AFTER);
export const now = computed(() => serverNow(live.value, monotonic.value));
/** End of the window that is counting now; moves by itself, but not past what the server was heard of: no news is no zero. */
export const openEnd = computed(() => openMinute(Math.min(now.value, live.value.asOf + STALE_AFTER)));
/** Judged at the last message: silence is the connection's fault, not the watermark's. */
export const watermarkState = computed(() => watermarkHealth(live.value.watermark, live.value.asOf));

const feed = new LiveConnection({
  open: openEventSource,
  clock: systemClock,
  random: Math.random,
  onMessage: take,
  onStatus: (status) => {
    connection.value = status;
  },
});

export function startLiveFeed(): void {
  feed.start();
  tick();
  addEventListener('online', () => feed.retryNow());
  // A page that comes to the front after the machine slept should not wait out a delay.
  document.addEventListener('visibilitychange', () => {
    monotonic.value = systemClock.monotonic();
    if (document.visibilityState === 'visible' && isStale.value) feed.retryNow();
  });
}

export function retryNow(): void {
  feed.retryNow();
}

function tick(): void {
  monotonic.value = systemClock.monotonic();
  systemClock.after(500, tick);
}

function take(kind: MessageKind, data: string): boolean {
  const message = JSON.parse(data) as LiveMessage;
  const receivedAt = systemClock.monotonic();
  const next =
    kind === 'snapshot' ? applySnapshot(live.value, message, receivedAt) : applyDelta(live.value, message, receivedAt);
  if (next) live.value = next;
  return next !== null;
}

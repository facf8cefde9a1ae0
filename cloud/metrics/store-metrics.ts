import type { Clock } from '@tashika/shared/time';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { Store } from '../store/index.ts';
import { readState, type StoreState } from './store-state.ts';

/**
 * What the store knows of all workers, read once a scrape. Late, early and undecodable input and the watermark's
 * delay carry the names that operators know from Azure Stream Analytics.
 */
export function registerStoreMetrics(registry: Registry, store: Store, clock: Clock): void {
  let reading: Promise<StoreState | undefined> | undefined;

  /** The state for this scrape: all metrics of one scrape ask in the same turn of the event loop. */
  function state(): Promise<StoreState | undefined> {
    reading ??= readState(store)
      .catch(() => undefined)
      .finally(() => {
        reading = undefined;
      });
    return reading;
  }

  /** A total that the store keeps, so that it goes on counting over restarts. */
  function total(name: string, help: string, of: (state: StoreState) => number): void {
    new Counter({
      name,
      help,
      registers: [registry],
      async collect() {
        const found = await state();
        this.reset();
        if (found) this.inc(of(found));
      },
    });
  }

  function gauge<Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    of: (state: StoreState) => readonly (readonly [labels: Record<Label, string>, value: number])[],
  ): void {
    new Gauge({
      name,
      help,
      labelNames,
      registers: [registry],
      async collect() {
        const found = await state();
        this.reset();
        for (const [labels, value] of found ? of(found) : []) this.set(labels, value);
      },
    });
  }

  total('tashika_events_total', 'Posts taken from Event Hubs.', ({ totals }) => totals.events);
  total('tashika_readings_total', 'Readings counted, each exactly once.', ({ totals }) => totals.readings);
  total(
    'tashika_duplicate_readings_total',
    'Readings that came again; not counted.',
    ({ totals }) => totals.duplicates,
  );
  total('tashika_late_input_events_total', 'Readings counted into a final window.', ({ totals }) => totals.late);
  total('tashika_skipped_events_total', 'Events that Event Hubs had no longer.', ({ totals }) => totals.skipped);
  total('tashika_early_input_events_total', 'Events kept as event-too-early.', (found) =>
    sum(found.deadLetters.filter(({ reason }) => reason === TOO_EARLY)),
  );
  total('tashika_input_deserialization_errors_total', 'Events that could not be decoded or placed.', (found) =>
    sum(found.deadLetters.filter(({ reason }) => reason !== TOO_EARLY)),
  );
  gauge('tashika_dead_letters', 'Dead letters by reason.', ['reason', 'state'], ({ deadLetters }) =>
    deadLetters.flatMap(({ reason, all, open }) => [
      [{ reason, state: 'open' }, open] as const,
      [{ reason, state: 'redriven' }, all - open] as const,
    ]),
  );
  gauge('tashika_watermark_delay_seconds', 'How far the watermark is behind the clock.', [], ({ watermark }) =>
    watermark ? [[{}, secondsSince(watermark, clock)]] : [],
  );
  gauge(
    'tashika_partition_watermark_delay_seconds',
    "How far a partition's watermark is behind the clock.",
    ['hub', 'partition'],
    ({ partitions }) =>
      partitions.flatMap(({ hub, partition, watermark }) =>
        watermark ? [[{ hub, partition }, secondsSince(watermark, clock)] as const] : [],
      ),
  );
  gauge(
    'tashika_partition_progress_age_seconds',
    'How long ago a partition last committed events or was seen to have none.',
    ['hub', 'partition'],
    ({ partitions }) =>
      partitions.flatMap(({ hub, partition, progressed_at }) =>
        progressed_at ? [[{ hub, partition }, secondsSince(progressed_at, clock)] as const] : [],
      ),
  );
  new Gauge({
    name: 'tashika_store_up',
    help: 'Whether the store answers.',
    registers: [registry],
    async collect() {
      this.set((await state()) ? 1 : 0);
    },
  });
}

const TOO_EARLY = 'event-too-early';

function sum(deadLetters: StoreState['deadLetters']): number {
  return deadLetters.reduce((total, { all }) => total + all, 0);
}

function secondsSince(time: Date, clock: Clock): number {
  return Math.max(0, (clock.now() - time.getTime()) / 1000);
}

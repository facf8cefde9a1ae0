import type { Clock } from '@tashika/shared/time';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { Totals } from '../ingest/index.ts';
import type { Store } from '../store/index.ts';
import { gaugesOf, onceAScrape } from './scrape.ts';
import { readState, type StoreState } from './store-state.ts';

/**
 * What the store knows of all workers, read once a scrape. Late, early and undecodable input and the watermark's
 * delay carry the names that operators know from Azure Stream Analytics.
 */
export function registerStoreMetrics(registry: Registry, store: Store, clock: Clock): void {
  const state = onceAScrape(() => readState(store));
  const gauge = gaugesOf(registry, state);

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

  for (const [name, key, help] of TOTALS) total(name, help, ({ totals }) => totals[key]);
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

/** The totals that the partitions keep. */
const TOTALS: readonly (readonly [name: string, total: keyof Totals, help: string])[] = [
  ['tashika_events_total', 'events', 'Events committed.'],
  ['tashika_readings_total', 'readings', 'Readings counted in windows, each exactly once.'],
  ['tashika_duplicate_readings_total', 'duplicates', 'Readings that came again; not counted.'],
  ['tashika_revising_readings_total', 'late', 'Readings counted in a window that was final, and so revised it.'],
  [
    'tashika_adjusted_readings_total',
    'adjusted',
    'Readings counted at a later time than their own, because they were late or out of order.',
  ],
  [
    'tashika_dropped_readings_total',
    'dropped',
    'Readings received and counted in no window, because they were late or out of order.',
  ],
  [
    'tashika_late_input_events_total',
    'lateInput',
    'Events with a new reading whose time is more than the late tolerance before its arrival.',
  ],
  [
    'tashika_early_input_events_total',
    'earlyInput',
    'Events with a new reading whose time is more than the early tolerance after its arrival; kept as dead letters.',
  ],
  [
    'tashika_out_of_order_events_total',
    'outOfOrder',
    "Events with a new reading below its partition's watermark, if taken as no older than its arrival less the late tolerance.",
  ],
  [
    'tashika_input_deserialization_errors_total',
    'deserializationErrors',
    'Events that could not be decoded, placed or stored; kept as dead letters.',
  ],
  ['tashika_skipped_events_total', 'skipped', 'Events that Event Hubs had no longer when they were due.'],
];

function secondsSince(time: Date, clock: Clock): number {
  return Math.max(0, (clock.now() - time.getTime()) / 1000);
}

import { TestClock } from '@tashika/shared/time';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noTotals } from '../ingest/index.ts';
import { regionCompleteness } from '../ledger/index.ts';
import type { Store } from '../store/index.ts';
import { openMemoryStore } from '../store/testing/memory-store.ts';
import { createMetrics, type Metrics } from './index.ts';

let store: Store;
let metrics: Metrics;

beforeAll(async () => {
  store = await openMemoryStore({ logger: pino({ level: 'silent' }) });
  const clock = new TestClock(Date.UTC(2026, 0, 31, 12, 0, 0));
  metrics = createMetrics({ store, clock, completeness: regionCompleteness(store, clock), stalledAfterMs: 30_000 });
  await store.script(`
    INSERT INTO partition (namespace, hub, consumer_group, partition_id, watermark, progressed_at,
                           events, readings, duplicates, late, skipped, late_input, early_input, out_of_order,
                           deserialization_errors, adjusted, dropped)
    VALUES ('n', 'telemetry', '$Default', '0', '2026-01-31T11:59:50Z', '2026-01-31T11:59:58Z',
            10, 100, 5, 3, 2, 20, 30, 40, 50, 60, 70),
           ('n', 'telemetry', '$Default', '1', '2026-01-31T11:59:40Z', '2026-01-31T11:59:59Z',
            1, 10, 0, 1, 0, 1, 2, 3, 4, 5, 6);
    INSERT INTO dead_letter (reason, detail, received_at, namespace, hub, partition_id, sequence_number, body, redriven_at)
    VALUES ('event-too-early', '', now(), 'n', 'telemetry', '0', 1, '', NULL),
           ('invalid-json', '', now(), 'n', 'telemetry', '0', 2, '', NULL),
           ('invalid-json', '', now(), 'n', 'telemetry', '0', 3, '', now());`);
});

afterAll(() => store.close());

async function lines(): Promise<string[]> {
  return (await metrics.text()).split('\n').filter((line) => line.startsWith('tashika_'));
}

describe('the metrics', () => {
  it('tell what the store knows of all workers, under names that operators of Stream Analytics know', async () => {
    expect(await lines()).toEqual(
      expect.arrayContaining([
        'tashika_events_total 11',
        'tashika_readings_total 110',
        'tashika_duplicate_readings_total 5',
        'tashika_revising_readings_total 4',
        'tashika_late_input_events_total 21',
        'tashika_early_input_events_total 32',
        'tashika_out_of_order_events_total 43',
        'tashika_input_deserialization_errors_total 54',
        'tashika_adjusted_readings_total 65',
        'tashika_dropped_readings_total 76',
        'tashika_skipped_events_total 2',
        'tashika_dead_letters{reason="invalid-json",state="open"} 1',
        'tashika_dead_letters{reason="invalid-json",state="redriven"} 1',
        'tashika_watermark_delay_seconds 20',
        'tashika_partition_watermark_delay_seconds{hub="telemetry",partition="0"} 10',
        'tashika_partition_progress_age_seconds{hub="telemetry",partition="1"} 1',
        'tashika_store_up 1',
      ]),
    );
  });

  it('tell how complete the readings are', async () => {
    await store.script(`
      INSERT INTO device (imsi, region, last_seen) VALUES ('1', '13', now()), ('2', '01', now());
      INSERT INTO ledger (imsi, stream, received, lost, held, through, received_count, missing_count, lost_count, updated_at)
      VALUES ('1', 'a', '{[1,7),[9,11)}', '{[7,8)}', 2, 10, 8, 1, 1, now()), ('2', 'a', '{[1,5)}', '{}', 0, 4, 4, 0, 0, now());`);
    expect(await lines()).toEqual(
      expect.arrayContaining([
        'tashika_completeness{region="01"} 1',
        `tashika_completeness{region="13"} ${8 / 12}`,
        'tashika_missing_readings{region="13"} 1',
        'tashika_lost_readings 1',
        'tashika_held_readings 2',
      ]),
    );
  });

  it('are totals, however often they are read', async () => {
    await lines();
    expect(await lines()).toContain('tashika_events_total 11');
  });

  it('tell which partitions stand still, by what any worker saw of them', async () => {
    await store.script(`
      INSERT INTO partition_watch (namespace, hub, consumer_group, partition_id, sequence_number, last_enqueued, backlog,
                                   since, looked_at)
      VALUES ('n', 'telemetry', '$Default', '0', 9, 9, 0, now(), now()),
             ('n', 'telemetry', '$Default', '1', 9, 79, 70, now() - interval '1 minute', now());`);
    expect(await lines()).toEqual(
      expect.arrayContaining([
        'tashika_backlogged_input_events{partition="0"} 0',
        'tashika_backlogged_input_events{partition="1"} 70',
        'tashika_input_partition_not_progressing{partition="0"} 0',
        'tashika_input_partition_not_progressing{partition="1"} 1',
      ]),
    );
  });

  it("tell this process's commits and its own resources", async () => {
    const totals = { ...noTotals(), events: 200, readings: 900 };
    const progress = { position: 9, offset: '9', lastArrival: 0, watermark: 0, totals };
    metrics.worker.committed?.(
      [
        { ...progress, partitionId: '0' },
        { ...progress, partitionId: '1' },
      ],
      30,
    );
    metrics.worker.commitFailed?.('conflict');
    metrics.worker.readerReplaced?.();
    expect(await lines()).toEqual(
      expect.arrayContaining([
        'tashika_commit_duration_seconds_bucket{le="0.05"} 1',
        'tashika_commit_events_sum 400',
        'tashika_commit_failures_total{fault="conflict"} 1',
        'tashika_reader_replacements_total 1',
      ]),
    );
    expect(await metrics.text()).toContain('process_resident_memory_bytes');
  });
});

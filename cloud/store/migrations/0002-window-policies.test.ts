import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { migrate } from '../migrate.ts';
import type { Store } from '../store.ts';
import { openBlankPglite } from '../testing/memory-store.ts';
import { windowPolicies } from './0002-window-policies.ts';
import { migrations } from './index.ts';

const logger = { debug() {}, info() {}, warn() {}, error() {} };
const before = migrations.slice(0, migrations.indexOf(windowPolicies));

let store: Store;
beforeAll(async () => {
  store = await openBlankPglite(logger);
});
afterAll(() => store.close());
beforeEach(async () => {
  await store.script('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
  await migrate(store, logger, before);
});

const move = () => migrate(store, logger, [...before, windowPolicies]);

describe('the step to window policies', () => {
  it('notes that the windows of an existing store are minutes, revised', async () => {
    await store.script(`
      INSERT INTO partition (namespace, hub, consumer_group, partition_id, watermark) VALUES ('n', 'h', 'c', '0', '2026-06-01T12:00Z');
      INSERT INTO window_region VALUES ('2026-06-01T12:00Z', '13', 1, 1, 0, 0, 1), ('2026-06-01T12:01Z', '13', 1, 1, 0, 0, 2)`);
    await move();
    expect(await store.query('SELECT length_ms, hop_ms, policy FROM windowing')).toEqual([
      { length_ms: 60_000, hop_ms: 60_000, policy: 'revise' },
    ]);
    expect(await store.query('SELECT state FROM window_counts ORDER BY window_end')).toEqual([
      { state: 'final' },
      { state: 'provisional' },
    ]);
  });

  it('notes nothing in a new store: its first worker does', async () => {
    await move();
    expect(await store.query('SELECT * FROM windowing')).toEqual([]);
    expect(await store.query('SELECT * FROM watermark')).toEqual([{ watermark: null, final_until: null }]);
  });

  it('finds in the dead letters how many events were early, and how many could not be read', async () => {
    const letter = (reason: string, partition: string, number: number) =>
      `('${reason}', '', now(), 'n', 'h', '${partition}', ${number}, '')`;
    await store.script(`
      INSERT INTO partition (namespace, hub, consumer_group, partition_id) VALUES ('n', 'h', 'c', '0'), ('n', 'h', 'c', '1');
      INSERT INTO dead_letter (reason, detail, received_at, namespace, hub, partition_id, sequence_number, body)
      VALUES ${letter('event-too-early', '0', 1)}, ${letter('invalid-json', '0', 2)}, ${letter('unknown-region', '0', 3)}`);
    await move();
    expect(
      await store.query('SELECT early_input, deserialization_errors, late_input FROM partition ORDER BY partition_id'),
    ).toEqual([
      { early_input: 1, deserialization_errors: 2, late_input: 0 },
      { early_input: 0, deserialization_errors: 0, late_input: 0 },
    ]);
  });
});

import { TestClock } from '@tashika/shared/time';
import { expect, it, onTestFinished } from 'vitest';
import type { Store } from '../store/index.ts';
import { openMemoryStore } from '../store/testing/memory-store.ts';
import { startTrimmer } from './index.ts';

const logger = { debug() {}, info() {}, warn() {}, error() {} };
const DAY = 86_400_000;
const NOW = Date.UTC(2026, 5, 1);
const retention = { windowsDays: 90, ledgersDays: 400, deadLettersDays: 90, fleetDays: 90 };

async function ages(store: Store): Promise<number[]> {
  const rows = await store.query<{ window_end: Date }>('SELECT window_end FROM window_region ORDER BY 1');
  return rows.map(({ window_end }) => (NOW - window_end.getTime()) / DAY);
}

it.each([
  ['right', 0],
  ['ahead', 1000 * DAY],
])('deletes by the time of the hub, with a wall clock that is %s', async (_, aheadMs) => {
  const store = await openMemoryStore({ logger });
  onTestFinished(() => store.close());
  const clock = new TestClock(NOW + aheadMs);
  await store.query(
    `INSERT INTO partition (namespace, hub, consumer_group, partition_id, owner_id, last_arrival)
     VALUES ('n', 'h', 'g', '0', '', $1)`,
    [new Date(NOW)],
  );
  for (const daysOld of [91, 89])
    await store.query('INSERT INTO window_region VALUES ($1, $2, 1, 1, 0, 0, 1)', [
      new Date(NOW - daysOld * DAY),
      '13',
    ]);
  const stop = startTrimmer({ store, clock, logger, retention });
  while ((await ages(store)).includes(91)) await clock.advance(60_000);
  await stop();
  expect(await ages(store)).toEqual([89]);
});

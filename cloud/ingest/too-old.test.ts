import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../store/index.ts';
import { openMemoryStore } from '../store/testing/memory-store.ts';
import { policyOf } from '../windows/index.ts';
import { commit } from './commit.ts';
import { type ArrivedEvent, openEvent } from './event.ts';
import { redrive } from './redrive.ts';
import { registerPartitions } from './register.ts';
import { event, NOON, post, totalsOf, windowsOf } from './sample-events.ts';

const hub = { namespace: 'local', hub: 'telemetry', consumerGroup: '$Default' };
const windows = { lateToleranceMs: 5000, earlyToleranceMs: 300_000, outOfOrderToleranceMs: 0 };
const policy = policyOf(windows);
const logger = { debug() {}, info() {}, warn() {}, error() {} };
const DAY = 86_400_000;
const windowsKeptMs = 90 * DAY;

let store: Store;
beforeAll(async () => {
  store = await openMemoryStore({ logger });
});
afterAll(() => store.close());
beforeEach(async () => {
  await store.script('TRUNCATE partition, ledger, window_region, window_value, device, dead_letter RESTART IDENTITY');
  await registerPartitions(store, hub, { createdAt: NOON, partitionIds: ['0'] }, policy);
  await store.query(`UPDATE partition SET owner_id = 'me'`);
});

async function arrive(now: number, ...events: ArrivedEvent[]): Promise<void> {
  const batch = { partitionId: '0', ownerId: 'me', events: events.map(openEvent), startsAtCheckpoint: true };
  await commit(store, [batch], { hub, policy, logger, now, windowsKeptMs });
}

describe('a reading whose window is no longer kept', () => {
  it('is a dead letter, and the younger readings of its post are counted', async () => {
    const times = [NOON - 91 * DAY, NOON - 90 * DAY, NOON - 90 * DAY + 1];
    await arrive(NOON, event(0, post({ times })));
    expect(await windowsOf(store)).toHaveLength(1);
    expect(await store.query('SELECT reason, detail, received::text FROM dead_letter, ledger')).toEqual([
      { reason: 'event-too-old', detail: expect.stringContaining('Not counted: 1–2. The first'), received: '{[3,4)}' },
    ]);
    expect(await totalsOf(store)).toMatchObject({ events: 1, readings: 1, deadLetters: 1 });
    expect(await store.query('SELECT deserialization_errors AS errors FROM partition')).toEqual([{ errors: 0 }]);
  });

  it('is known by when the event arrived: a worker whose wall clock is wrong refuses nothing that is young', async () => {
    for (const [n, off] of [-1000 * DAY, 1000 * DAY].entries())
      await arrive(NOON + off, event(n, post({ seq: 2 * n + 1, times: [NOON - 1000, NOON - 91 * DAY] })));
    expect(await store.query('SELECT reason, received::text FROM dead_letter, ledger')).toEqual([
      { reason: 'event-too-old', received: '{[1,2),[3,4)}' },
      { reason: 'event-too-old', received: '{[1,2),[3,4)}' },
    ]);
  });

  it('is not counted twice when its ledger has been retired', async () => {
    await arrive(NOON, event(0, post({ times: [NOON - 1000] })));
    await store.query('DELETE FROM ledger'); // after 91 days at the least
    await arrive(NOON + 91 * DAY, event(1, post({ times: [NOON - 1000] }), { enqueuedAt: NOON + 91 * DAY }));
    expect(await windowsOf(store)).toEqual([expect.stringContaining(': 1/1 ')]);
    expect(await totalsOf(store)).toMatchObject({ readings: 1, deadLetters: 1 });
  });

  it('stays a dead letter however often it is driven again, and counts if windows are kept for longer', async () => {
    await arrive(NOON, event(0, { pref: '13' }, { timestamp: NOON - 91 * DAY }));
    expect(await redrive(store, 1, NOON, { windows, windowsKeptMs })).toMatchObject({
      outcome: 'still-refused',
      reason: 'event-too-old',
    });
    expect(await redrive(store, 1, NOON, { windows })).toEqual({ outcome: 'counted' });
  });
});

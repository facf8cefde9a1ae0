import { TestClock } from '@tashika/shared/time';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../store/index.ts';
import { openMemoryStore } from '../store/testing/memory-store.ts';
import { policyOf } from '../windows/index.ts';
import { commit } from './commit.ts';
import { openEvent } from './event.ts';
import { redrive } from './redrive.ts';
import { redriveSweep } from './redrive-sweep.ts';
import { registerPartitions } from './register.ts';
import { event, NOON, rawEvent, windowsOf } from './sample-events.ts';

const hub = { namespace: 'local', hub: 'telemetry', consumerGroup: '$Default' };
const windows = { lateToleranceMs: 5000, earlyToleranceMs: 300_000, outOfOrderToleranceMs: 0 };
const policy = policyOf(windows);
const logger = { debug() {}, info() {}, warn() {}, error() {} };
const HOUR = 3_600_000;

let store: Store;
let clock: TestClock;
beforeAll(async () => {
  store = await openMemoryStore({ logger });
});
afterAll(() => store.close());

/** Four that were an hour early, ids 1, 3, 4 and 6; the fourth is still early an hour later. Two that are no JSON. */
beforeEach(async () => {
  clock = new TestClock(NOON + HOUR);
  await store.script('TRUNCATE partition, ledger, window_region, device, dead_letter RESTART IDENTITY');
  await registerPartitions(store, hub, { createdAt: NOON, partitionIds: ['0'] }, policy);
  await store.query(`UPDATE partition SET owner_id = 'me'`);
  const early = (sequenceNumber: number, hours: number) =>
    event(sequenceNumber, { pref: '13' }, { timestamp: NOON + hours * HOUR });
  const events = [early(0, 1), rawEvent(1, '{'), early(2, 9), early(3, 1), rawEvent(4, '{'), early(5, 1)];
  const batch = { partitionId: '0', ownerId: 'me', events: events.map(openEvent), startsAtCheckpoint: true };
  await commit(store, [batch], { hub, policy, logger, now: NOON });
});

const tried: number[] = [];

function sweep(reason: string, after: number, limit = 2, withinMs = 5000) {
  return redriveSweep({
    store,
    clock,
    reason,
    after,
    limit,
    withinMs,
    redrive(id) {
      tried.push(id);
      return redrive(store, id, clock.now(), { windows });
    },
  });
}

describe('driving the dead letters of a reason again', () => {
  it('tries each once, the oldest first, in stretches of a bounded length', async () => {
    tried.length = 0;
    expect(await sweep('event-too-early', 0)).toEqual({ counted: 1, stillRefused: 1, next: 3 });
    expect(await sweep('event-too-early', 3)).toEqual({ counted: 2, stillRefused: 0, next: null });
    expect(tried).toEqual([1, 3, 4, 6]);
    expect((await windowsOf(store))[0]).toMatch(/^13:00 13: 3\/3 /);
    expect(await sweep('event-too-early', 0)).toEqual({ counted: 0, stillRefused: 1, next: null });
  });

  it('leaves other reasons alone, and what was counted already', async () => {
    await sweep('invalid-json', 0);
    expect(await windowsOf(store)).toEqual([]);
    expect(await sweep('unknown-region', 0)).toEqual({ counted: 0, stillRefused: 0, next: null });
  });

  it('begins no more when its time is over, and says where it stopped', async () => {
    expect(await sweep('event-too-early', 0, 100, 0)).toEqual({ counted: 1, stillRefused: 0, next: 1 });
  });

  it('keeps one that the database cannot store, and goes on with the next', async () => {
    await store.script(`ALTER TABLE window_region ADD CONSTRAINT poison CHECK (readings < 2)`);
    expect(await sweep('event-too-early', 0, 10)).toEqual({ counted: 1, stillRefused: 3, next: null });
    const rows = await store.query(`SELECT id, detail FROM dead_letter WHERE reason = 'invalid-value' ORDER BY id`);
    await store.script('ALTER TABLE window_region DROP CONSTRAINT poison');
    expect(rows).toMatchObject([{ id: 4, detail: expect.stringContaining('The database refuses it') }, { id: 6 }]);
  });
});

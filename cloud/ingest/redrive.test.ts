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
const HOUR = 3_600_000;
const iso = (time: number) => new Date(time).toISOString();

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

async function arrive(...events: ArrivedEvent[]): Promise<void> {
  const batch = { partitionId: '0', ownerId: 'me', events: events.map(openEvent), startsAtCheckpoint: true };
  await commit(store, [batch], { hub, policy, logger, now: NOON });
}

describe('a dead letter that is driven again', () => {
  it('counts what was too early when its time has come, and the post only once', async () => {
    await arrive(event(0, post({ times: [NOON, NOON + HOUR, NOON + HOUR] })));
    expect(await redrive(store, 1, NOON + HOUR, { windows })).toEqual({ outcome: 'counted' });
    expect((await windowsOf(store)).map((line) => line.slice(0, 14))).toEqual(['12:00 13: 1/1 ', '13:00 13: 2/0 ']);
    expect(await store.query('SELECT received::text, redriven_at FROM ledger, dead_letter')).toEqual([
      { received: '{[1,4)}', redriven_at: new Date(NOON + HOUR) },
    ]);
    expect(await totalsOf(store)).toMatchObject({ events: 1, readings: 3, deadLetters: 1 });
  });

  it('counts nothing twice, however often it is asked', async () => {
    await arrive(event(0, { pref: '13' }, { timestamp: NOON + HOUR }));
    const asked = await Promise.all([1, 2, 3].map(() => redrive(store, 1, NOON + HOUR, { windows })));
    expect(asked.filter((answer) => answer?.outcome === 'counted')).toHaveLength(1);
    expect(asked.filter((answer) => answer === undefined)).toHaveLength(2);
    expect(await totalsOf(store)).toMatchObject({ readings: 1 });
  });

  it('counts what is due and stays for the rest', async () => {
    await arrive(event(0, post({ times: [NOON + HOUR, NOON + 2 * HOUR] })));
    const answer = await redrive(store, 1, NOON + HOUR, { windows });
    expect(answer).toMatchObject({ outcome: 'still-refused', reason: 'event-too-early' });
    expect(await totalsOf(store)).toMatchObject({ readings: 1 });
    expect(await store.query('SELECT detail, redriven_at FROM dead_letter')).toMatchObject([
      {
        detail:
          `Not counted: 2. The first has the time ${iso(NOON + 2 * HOUR)} and arrived at ${iso(NOON)}; ` +
          `it was driven again at ${iso(NOON + HOUR)}.`,
        redriven_at: null,
      },
    ]);
    expect(await redrive(store, 1, NOON + 2 * HOUR, { windows })).toEqual({ outcome: 'counted' });
    expect(await totalsOf(store)).toMatchObject({ readings: 2, duplicates: 1 });
  });

  it('is still refused when nothing about it has changed', async () => {
    await arrive(event(0, { pref: 'Atlantis' }));
    expect(await redrive(store, 1, NOON + HOUR, { windows })).toMatchObject({
      outcome: 'still-refused',
      reason: 'unknown-region',
    });
    expect(await windowsOf(store)).toEqual([]);
  });

  it('is not there when nobody knows its number', async () => {
    expect(await redrive(store, 77, NOON, { windows })).toBeUndefined();
  });
});

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../store/index.ts';
import { openMemoryStore } from '../store/testing/memory-store.ts';
import { policyOf, type WindowSettings } from '../windows/index.ts';
import { commit } from './commit.ts';
import { openEvent } from './event.ts';
import { tickIdle } from './partition.ts';
import { redrive } from './redrive.ts';
import { registerPartitions } from './register.ts';
import { event, NOON, post, type SampleEvent, type SamplePost, totalsOf, windowsOf } from './sample-events.ts';

const hub = { namespace: 'local', hub: 'telemetry', consumerGroup: '$Default' };
const tolerances = { lateToleranceMs: 5000, earlyToleranceMs: 300_000, outOfOrderToleranceMs: 0 };
const streamAnalytics: WindowSettings = { ...tolerances, policy: 'stream-analytics' };
const dropping: WindowSettings = { ...streamAnalytics, action: 'drop' };
const facts = { createdAt: NOON, partitionIds: ['0'] };
const SECOND = 1000;
const MINUTE = 60_000;
const logger = { debug() {}, info() {}, warn() {}, error() {} };

let store: Store;
beforeAll(async () => {
  store = await openMemoryStore({ logger });
});
afterAll(() => store.close());
beforeEach(async () => {
  await store.script(`TRUNCATE partition, ledger, window_region, window_value, device, dead_letter, windowing
                      RESTART IDENTITY; UPDATE change_cursor SET id = 0`);
});

async function begin(settings: WindowSettings): Promise<void> {
  await registerPartitions(store, hub, facts, policyOf(settings));
  await store.query(`UPDATE partition SET owner_id = 'me'`);
}

type Sample = readonly [arrivedAfter: number, post: SamplePost, options?: SampleEvent];

/** Commits events that arrive some seconds after noon, in one transaction. */
async function run(settings: WindowSettings, from: number, ...samples: Sample[]): Promise<void> {
  const events = samples.map(([after, fields], index) =>
    openEvent(event(from + index, post(fields), { enqueuedAt: NOON + after * SECOND })),
  );
  const batch = { partitionId: '0', ownerId: 'me', events, startsAtCheckpoint: true };
  await commit(store, [batch], { hub, policy: policyOf(settings), logger, now: NOON });
}

async function watermark(): Promise<number | undefined> {
  const [row] = await store.query<{ watermark: Date | null }>('SELECT watermark FROM partition');
  return row?.watermark?.getTime();
}

const seconds = (...after: number[]) => after.map((second) => NOON + second * SECOND);

describe('a commit under the policy of Stream Analytics', () => {
  it('moves the watermark event by event, and adjusts to it what is below', async () => {
    await begin(streamAnalytics);
    await run(streamAnalytics, 0, [30, { seq: 1, times: seconds(30) }], [31, { seq: 2, times: seconds(29, -120) }]);
    expect(await windowsOf(store)).toEqual(['12:01 13: 3/2 provisional']);
    expect(await totalsOf(store)).toMatchObject({ readings: 3, adjusted: 2, lateInput: 1, outOfOrder: 1, late: 0 });
    expect(await watermark()).toBe(NOON + 30 * SECOND);
  });

  it('judges each reading of a pack by itself, against the watermark before its event', async () => {
    await begin(streamAnalytics);
    await run(streamAnalytics, 0, [60, { seq: 1, times: seconds(60, 59, 54, 10) }]);
    expect(await totalsOf(store)).toMatchObject({ readings: 4, adjusted: 2, lateInput: 1, outOfOrder: 0 });
    expect(await windowsOf(store)).toEqual(['12:01 13: 4/1 provisional']);
  });

  it('is not moved by arrival while there are events, nor by one that is too early', async () => {
    await begin(streamAnalytics);
    await run(streamAnalytics, 0, [0, { seq: 1, times: [NOON + 301 * SECOND] }]);
    expect(await watermark()).toBeUndefined();
    await run(streamAnalytics, 1, [0, { seq: 1, times: [NOON] }], [4, { seq: 2, times: [NOON] }]);
    expect(await watermark()).toBe(NOON);
    expect(await totalsOf(store)).toMatchObject({ earlyInput: 1, deadLetters: 1, deserializationErrors: 0 });
  });

  it('shows a window as final only when nothing can be counted in it any more', async () => {
    await begin(streamAnalytics);
    await run(streamAnalytics, 0, [0, { seq: 1, times: [NOON] }]);
    expect(await windowsOf(store)).toEqual(['12:00 13: 1/1 provisional']);
    await run(streamAnalytics, 1, [1, { seq: 2, times: [NOON] }], [2, { seq: 3, times: [NOON + 1] }]);
    expect(await windowsOf(store)).toEqual(['12:00 13: 2/2 final', '12:01 13: 1/1 provisional']);
    await run(streamAnalytics, 3, [3, { seq: 4, times: [NOON - 10 * MINUTE] }]);
    expect(await windowsOf(store)).toEqual(['12:00 13: 2/2 final', '12:01 13: 2/2 provisional']);
  });

  it('leaves the ledger whole when it drops: what came too late is received, and counted nowhere', async () => {
    await begin(dropping);
    const late = { seq: 2, times: seconds(-120, 31, 29) };
    await run(dropping, 0, [30, { seq: 1, times: seconds(30) }], [31, late], [32, late]);
    expect(await windowsOf(store)).toEqual(['12:01 13: 2/2 provisional']);
    expect(await store.query('SELECT received::text FROM ledger')).toEqual([{ received: '{[1,5)}' }]);
    expect(await totalsOf(store)).toMatchObject({ readings: 2, dropped: 2, duplicates: 3, deadLetters: 0 });
    expect(await store.query('SELECT posts FROM device')).toEqual([{ posts: 2 }]);
  });

  it('refuses nothing as too old that it adjusts to a window still kept', async () => {
    await begin(streamAnalytics);
    const old = openEvent(event(0, post({ times: [NOON - 86_400_000] }), { enqueuedAt: NOON }));
    const batch = { partitionId: '0', ownerId: 'me', events: [old], startsAtCheckpoint: true };
    await commit(store, [batch], {
      hub,
      policy: policyOf(streamAnalytics),
      logger,
      now: NOON,
      windowsKeptMs: MINUTE,
    });
    expect(await windowsOf(store)).toEqual(['12:00 13: 1/1 provisional']);
    expect(await totalsOf(store)).toMatchObject({ adjusted: 1, lateInput: 1, deadLetters: 0 });
  });

  it('goes on with the arrival clock while nothing comes', async () => {
    await begin(streamAnalytics);
    const idle = { partitionId: '0', ownerId: 'me', position: null, arrivedUntil: NOON + 65 * SECOND };
    await tickIdle(store, hub, [idle], tolerances, NOON);
    expect(await watermark()).toBe(NOON + MINUTE);
    await tickIdle(store, hub, [{ ...idle, arrivedUntil: Number.NEGATIVE_INFINITY }], tolerances, NOON + MINUTE);
    expect(await store.query('SELECT watermark, progressed_at FROM partition')).toEqual([
      { watermark: new Date(NOON + MINUTE), progressed_at: new Date(NOON + MINUTE) },
    ]);
  });

  it('leaves what is final as it is when the hub gains a partition that begins in the past', async () => {
    await begin(streamAnalytics);
    await run(streamAnalytics, 0, [10, { seq: 1, times: seconds(10) }], [61, { seq: 2, times: seconds(61) }]);
    const grown = { ...facts, partitionIds: ['0', '1'] };
    await registerPartitions(store, hub, grown, policyOf(streamAnalytics));
    expect(await windowsOf(store)).toEqual(['12:01 13: 1/1 final', '12:02 13: 1/1 provisional']);
    await store.query(`UPDATE partition SET owner_id = 'me'`);
    const late = openEvent(
      event(0, post({ seq: 1, stream: 'b', times: seconds(59) }), { enqueuedAt: seconds(60)[0]! }),
    );
    const batch = { partitionId: '1', ownerId: 'me', events: [late], startsAtCheckpoint: true };
    await commit(store, [batch], { hub, policy: policyOf(streamAnalytics), logger, now: NOON });
    expect(await windowsOf(store)).toEqual(['12:01 13: 1/1 final', '12:02 13: 2/2 provisional']);
  });

  it('revises nothing by a dead letter that is driven again, even if its partition is gone', async () => {
    await begin(streamAnalytics);
    await run(streamAnalytics, 0, [0, { seq: 1, pref: 'Atlantis' }], [1, { seq: 2, pref: 'Atlantis' }]);
    await run(streamAnalytics, 2, [180, { seq: 3, times: seconds(180) }]);
    await store.query(
      `UPDATE dead_letter SET body = convert_to(replace(convert_from(body, 'UTF8'), 'Atlantis', '13'), 'UTF8')`,
    );
    const at = NOON + 100 * SECOND; // a clock that is behind
    expect(await redrive(store, 1, at, { windows: streamAnalytics })).toEqual({ outcome: 'counted' });
    await store.query(`UPDATE dead_letter SET partition_id = 'gone'`);
    expect(await redrive(store, 2, at, { windows: streamAnalytics })).toEqual({ outcome: 'counted' });
    expect(await windowsOf(store)).toEqual(['12:03 13: 3/3 provisional']);
    expect(await totalsOf(store)).toMatchObject({ adjusted: 1, late: 0 });
  });
});

describe('a commit to hopping windows', () => {
  const hopping: WindowSettings = { ...tolerances, hopMs: 30_000 };

  it('counts a reading in each window that holds it, and a post in those of its first reading', async () => {
    await begin(hopping);
    await run(hopping, 0, [40, { seq: 1, times: seconds(10, 40) }]);
    expect(await ends()).toEqual(['12:00:30 1/1', '12:01:00 2/1', '12:01:30 1/0']);
    expect(await totalsOf(store)).toMatchObject({ readings: 2, events: 1 });
    expect(await store.query('SELECT sum(count) AS values FROM window_value')).toEqual([{ values: 4 }]);
  });

  it('revises those of its windows that are final, and counts the reading as late once', async () => {
    await begin(hopping);
    await run(hopping, 0, [35, { seq: 1, times: seconds(35) }]);
    await run(hopping, 1, [36, { seq: 2, times: seconds(10) }]);
    expect(await windowsOf(store)).toContain('12:00 13: 1/1 late 1 revision 1 revised');
    expect(await ends()).toEqual(['12:00:30 1/1', '12:01:00 2/2', '12:01:30 1/1']);
    expect(await totalsOf(store)).toMatchObject({ late: 1 });
  });

  async function ends(): Promise<string[]> {
    const rows = await store.query<{ window_end: Date; readings: number; events: number }>(
      'SELECT window_end, readings, events FROM window_counts ORDER BY window_end',
    );
    return rows.map((row) => `${row.window_end.toISOString().slice(11, 19)} ${row.readings}/${row.events}`);
  }
});

describe('a store', () => {
  it('keeps the windows that it was begun with, whatever else a worker is told', async () => {
    await begin({ ...tolerances, hopMs: 30_000 });
    for (const [other, difference] of [
      [tolerances, "windows.hopMs is 60000, and this store's is 30000: configure"],
      [{ ...tolerances, lengthMs: 30_000 }, "windows.lengthMs is 30000, and this store's is 60000: configure"],
      [
        streamAnalytics,
        "windows.hopMs is 60000, and this store's is 30000; windows.policy is stream-analytics, and this store's is revise: configure",
      ],
    ] as const)
      await expect(begin(other)).rejects.toMatchObject({
        code: 'STORE_OF_OTHER_WINDOWS',
        message: expect.stringContaining(difference),
      });
    await begin({ ...tolerances, hopMs: 30_000, lateToleranceMs: 1, action: 'drop' });
  });

  it('drives no dead letter again for a process that is told of other windows', async () => {
    await begin(tolerances);
    await run(tolerances, 0, [0, { pref: 'Atlantis' }]);
    await expect(redrive(store, 1, NOON, { windows: streamAnalytics })).rejects.toMatchObject({
      code: 'STORE_OF_OTHER_WINDOWS',
    });
  });
});

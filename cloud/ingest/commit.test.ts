import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Queryable, Store } from '../store/index.ts';
import { openMemoryStore } from '../store/testing/memory-store.ts';
import { policyOf } from '../windows/index.ts';
import { type Batch, type Committed, commit } from './commit.ts';
import { type ArrivedEvent, openEvent } from './event.ts';
import { tickIdle } from './partition.ts';
import { registerPartitions } from './register.ts';
import { event, IMSI, NOON, post, rawEvent, totalsOf, windowsOf } from './sample-events.ts';

const hub = { namespace: 'local', hub: 'telemetry', consumerGroup: '$Default' };
const tolerances = { lateToleranceMs: 5000, earlyToleranceMs: 300_000, outOfOrderToleranceMs: 0 };
const policy = policyOf(tolerances);
const MINUTE = 60_000;
const warnings: string[] = [];
const logger = { debug() {}, info() {}, warn: (_: object, message: string) => warnings.push(message), error() {} };

let store: Store;
beforeAll(async () => {
  store = await openMemoryStore({ logger });
});
afterAll(() => store.close());
beforeEach(async () => {
  warnings.length = 0;
  await store.script(`TRUNCATE partition, ledger, window_region, window_value, device, dead_letter RESTART IDENTITY;
                      UPDATE change_cursor SET id = 0`);
  await registerPartitions(store, hub, { createdAt: NOON, partitionIds: ['0', '1'] }, policy);
  await store.query(`UPDATE partition SET owner_id = 'me'`);
});

function batch(partitionId: string, events: readonly ArrivedEvent[], ownerId = 'me', startsAtCheckpoint = true): Batch {
  return { partitionId, ownerId, events: events.map(openEvent), startsAtCheckpoint };
}

function run(...batches: Batch[]): Promise<Committed> {
  return commit(store, batches, { hub, policy, logger, now: NOON });
}

async function column<Value>(sql: string): Promise<Value[]> {
  return (await store.query<{ it: Value }>(sql)).map((row) => row.it);
}

describe('a commit', () => {
  it('counts each reading in the window of its own time, and each post in that of its first reading', async () => {
    const payload = post({ times: [NOON - MINUTE, NOON - 1, NOON, NOON + 1] });
    await run(batch('0', [event(0, payload)]));
    expect(await windowsOf(store)).toEqual([
      '11:59 13: 1/1 provisional',
      '12:00 13: 2/0 provisional',
      '12:01 13: 1/0 provisional',
    ]);
    expect(await totalsOf(store)).toMatchObject({ events: 1, readings: 4, duplicates: 0 });
  });

  it('knows of no stream by a post that bears nothing, and notes that its device was heard', async () => {
    await run(batch('0', [event(0, { v: 1, pref: '13', stream: 'check', seq: 1, pack: [], check: true })]));
    expect(await column('SELECT stream AS it FROM ledger')).toEqual([]);
    expect(await column('SELECT imsi AS it FROM device')).toEqual([IMSI]);
    expect(await windowsOf(store)).toEqual([]);
  });

  it('counts a suspect reading, shows it on its device, and keeps it out of the values', async () => {
    const pack = [
      { n: 'temp', u: 'Cel', v: 20, t: NOON / 1000 - 1 },
      { n: 'temp', u: 'Cel', v: -127, t: NOON / 1000, suspect: true },
    ];
    await run(batch('0', [event(0, { ...post(), pack })]));
    expect(await windowsOf(store)).toEqual(['12:00 13: 2/1 provisional']);
    expect(await store.query('SELECT count, sum, min, max FROM window_value')).toEqual([
      { count: 1, sum: 20, min: 20, max: 20 },
    ]);
    const temp = { value: -127, unit: 'Cel', time: new Date(NOON).toISOString(), suspect: true };
    expect(await column('SELECT last_values AS it FROM device')).toEqual([{ temp }]);
  });

  it('counts a post that comes twice once, in one batch and in two', async () => {
    const payload = post({ times: [NOON, NOON] });
    await run(batch('0', [event(0, payload), event(1, payload)]));
    await run(batch('0', [event(2, payload)]));
    expect(await windowsOf(store)).toEqual(['12:00 13: 2/1 provisional']);
    expect(await totalsOf(store)).toMatchObject({ events: 3, readings: 2, duplicates: 4 });
  });

  it('counts a post once that comes through two partitions in the same commit', async () => {
    const payload = post({ times: [NOON, NOON] });
    await run(batch('0', [event(0, payload)]), batch('1', [event(0, payload)]));
    expect(await windowsOf(store)).toEqual(['12:00 13: 2/1 provisional']);
  });

  it('counts what is new of a post that overlaps another', async () => {
    await run(batch('0', [event(0, post({ seq: 1, times: [NOON, NOON, NOON] }))]));
    await run(batch('0', [event(1, post({ seq: 3, times: [NOON, NOON + 1] }))]));
    expect(await windowsOf(store)).toEqual(['12:00 13: 3/1 provisional', '12:01 13: 1/1 provisional']);
    expect(await column('SELECT received::text AS it FROM ledger')).toEqual(['{[1,5)}']);
  });

  it('shows what is missing as a gap, and closes it when it comes late', async () => {
    await run(batch('0', [event(0, post({ seq: 5 })), event(1, post({ seq: 1 }))]));
    expect(await column('SELECT received::text AS it FROM ledger')).toEqual(['{[1,2),[5,6)}']);
    await run(batch('0', [event(2, post({ seq: 2, times: [NOON, NOON, NOON] }))]));
    expect(await column('SELECT received::text AS it FROM ledger')).toEqual(['{[1,6)}']);
  });

  it('keeps streams and devices apart', async () => {
    await run(
      batch('0', [
        event(0, post({ stream: 'a' })),
        event(1, post({ stream: 'b' })),
        event(2, post({ stream: 'a' }), { imsi: '295000000000002' }),
      ]),
    );
    expect(await totalsOf(store)).toMatchObject({ readings: 3, duplicates: 0 });
  });

  it('counts every one of the source talk’s messages, which have no number to be known by', async () => {
    const talk = { pref: '東京都' };
    await run(batch('0', [event(0, talk), event(1, talk, { timestamp: NOON + 1 })]));
    expect(await windowsOf(store)).toEqual(['12:00 13: 1/1 provisional', '12:01 13: 1/1 provisional']);
    expect(await column('SELECT count(*) AS it FROM ledger')).toEqual([0]);
  });

  it('takes a payload without an envelope under a key of its own', async () => {
    await run(batch('0', [rawEvent(0, JSON.stringify(post()))]));
    expect(await column('SELECT imsi AS it FROM ledger')).toEqual(['unknown']);
  });

  it('keeps what sensors measured, per unit', async () => {
    await run(batch('0', [event(0, post({ times: [NOON, NOON], values: [1.5, -2] }))]));
    await run(batch('0', [event(1, post({ seq: 3, values: [4] }))]));
    expect(await store.query('SELECT sensor, unit, count, sum, min, max FROM window_value')).toEqual([
      { sensor: 'temp', unit: 'Cel', count: 3, sum: 3.5, min: -2, max: 4 },
    ]);
  });

  it('believes nothing about the spool from a post that is sent again later', async () => {
    const first = event(0, post({ seq: 1, held: 10 }), { timestamp: NOON });
    const second = event(1, post({ seq: 2, held: 0 }), { timestamp: NOON + 1_000 });
    const again = event(2, post({ seq: 1, held: 10 }), { timestamp: NOON + 2_000 });
    await run(batch('0', [first, second, again]));
    expect(await store.query('SELECT received::text, held FROM ledger')).toEqual([{ received: '{[1,3)}', held: 0 }]);
  });

  it('tells what is lost and held, by the latest post', async () => {
    const first = event(0, post({ seq: 10, lost: [[1, 9]], held: 5 }), { timestamp: NOON });
    const replayed = event(1, post({ seq: 3, held: 99 }), { timestamp: NOON - MINUTE });
    await run(batch('0', [first, replayed]));
    expect(await store.query('SELECT received::text, lost::text, held, held_at FROM ledger')).toEqual([
      { received: '{[3,4),[10,11)}', lost: '{[1,3),[4,10)}', held: 5, held_at: new Date(NOON) },
    ]);
  });

  it('numbers changes in the order in which they become visible, and tells them', async () => {
    let hear = (_payload: string) => {};
    const heard = new Promise<string>((resolve) => (hear = resolve));
    const unsubscribe = await store.listen('tashika_change', (payload) => hear(payload));
    await run(batch('0', [event(0, post())]));
    expect(await heard).toBe('1');
    await run(batch('0', [event(1, post({ seq: 2, times: [NOON + 1] }))]));
    expect(await column('SELECT change_id AS it FROM window_region ORDER BY window_end')).toEqual([1, 2]);
    await unsubscribe();
  });
});

describe('a device', () => {
  it('is what its latest arrival says, with the latest value of each sensor', async () => {
    await run(
      batch('0', [
        event(0, post({ times: [NOON], values: [20], clock: 'synced' }), { enqueuedAt: NOON }),
        event(1, post({ seq: 2, pref: '27', times: [NOON + 1000], values: [21] }), { enqueuedAt: NOON + 1000 }),
      ]),
    );
    await run(
      batch('1', [
        event(0, post({ seq: 9, pref: '01', times: [NOON - MINUTE], values: [5] }), { enqueuedAt: NOON - 1000 }),
        event(1, post({ seq: 10, name: 'door', values: ['open'] }), { enqueuedAt: NOON - 1000 }),
      ]),
    );
    expect(await store.query('SELECT * FROM device')).toEqual([
      {
        imsi: IMSI,
        imei: '860000000000001',
        region: '27',
        last_seen: new Date(NOON + 1000),
        last_values: {
          temp: { value: 21, unit: 'Cel', time: '2026-06-01T12:00:01.000Z' },
          door: { value: 'open', unit: 'Cel', time: '2026-06-01T12:00:00.000Z' },
        },
        clock: 'synced',
        posts: 4,
      },
    ]);
  });

  it('does not grow with the names it makes up', async () => {
    for (let round = 0; round < 3; round++) {
      const events = Array.from({ length: 200 }, (_, index) => {
        const number = round * 200 + index;
        return event(number, post({ seq: number + 1, name: `made-up-${number}`, times: [NOON + number] }));
      });
      await run(batch('0', events));
    }
    const [values] = await column<Record<string, unknown>>('SELECT last_values AS it FROM device');
    expect(Object.keys(values!)).toHaveLength(256);
    expect(values).toHaveProperty('made-up-599');
  });
});

describe('the fence', () => {
  it('commits nothing for a worker whose partition another one owns', async () => {
    const stolen = batch('0', [event(0, post())], 'paused');
    const mine = batch('1', [event(0, post({ stream: 'other' }))]);
    const { fencedOff, progress } = await run(stolen, mine);
    expect(fencedOff).toEqual([stolen]);
    expect(progress.map((each) => each.partitionId)).toEqual(['1']);
    expect(await totalsOf(store)).toMatchObject({ events: 1, readings: 1 });
  });

  it('passes over what was committed before, as when the answer to a commit was lost', async () => {
    const events = [event(0, { pref: '13' }), event(1, { pref: '13' })];
    await run(batch('0', events));
    await run(batch('0', [...events, event(2, { pref: '13' })]));
    await run(batch('0', events));
    expect(await windowsOf(store)).toEqual(['12:00 13: 3/3 provisional']);
    expect(await column('SELECT sequence_number AS it FROM partition ORDER BY partition_id')).toEqual([2, null]);
  });

  it('sends a reader back to the checkpoint when events are missing before its batch', async () => {
    await run(batch('0', [event(0, { pref: '13' })]));
    const ahead = batch('0', [event(5, { pref: '13' })], 'me', false);
    expect((await run(ahead)).fencedOff).toEqual([ahead]);
    expect(await totalsOf(store)).toMatchObject({ events: 1, skipped: 0 });
  });

  it('counts as skipped what the hub has let go of before a reader came to it', async () => {
    await run(batch('0', [event(0, { pref: '13' })]));
    await run(batch('0', [event(5, { pref: '13' }), event(8, { pref: '13' })]));
    expect(await totalsOf(store)).toMatchObject({ events: 3, skipped: 6 });
    expect(warnings).toHaveLength(2);
  });

  it('leaves everything as it was when the transaction fails at its last statement', async () => {
    await run(batch('0', [event(0, post())]));
    const before = await everything(store);
    await store.script('ALTER TABLE change_cursor ADD CONSTRAINT broken CHECK (id < 2)');
    const failing = run(
      batch('0', [event(1, post({ seq: 2 })), rawEvent(2, 'no JSON')]),
      batch('1', [event(0, { pref: 1 })]),
    );
    await expect(failing).rejects.toMatchObject({ code: '23514' });
    await store.script('ALTER TABLE change_cursor DROP CONSTRAINT broken');
    expect(await everything(store)).toEqual(before);
    await run(batch('0', [event(1, post({ seq: 2 })), rawEvent(2, 'no JSON')]), batch('1', [event(0, { pref: 1 })]));
    expect(await totalsOf(store)).toMatchObject({ events: 4, readings: 3, deadLetters: 1 });
  });
});

describe('a window', () => {
  /** Both partitions have read until `time`. */
  async function watermarkAt(time: number): Promise<void> {
    const idle = ['0', '1'].map((partitionId) => ({
      partitionId,
      ownerId: 'me',
      position: null,
      arrivedUntil: time + 5000,
    }));
    await tickIdle(store, hub, idle, tolerances, NOON);
  }

  it('is final when the watermark of every partition has passed its end', async () => {
    await run(batch('0', [event(0, post())]));
    expect(await windowsOf(store)).toEqual(['12:00 13: 1/1 provisional']);
    await watermarkAt(NOON - 1);
    expect(await windowsOf(store)).toEqual(['12:00 13: 1/1 provisional']);
    await tickIdle(
      store,
      hub,
      [{ partitionId: '1', ownerId: 'me', position: null, arrivedUntil: NOON + 5000 }],
      tolerances,
      NOON,
    );
    expect(await windowsOf(store)).toEqual(['12:00 13: 1/1 final']);
  });

  it('is revised by what comes after, once a commit', async () => {
    await watermarkAt(NOON);
    await run(batch('0', [event(0, post({ times: [NOON, NOON, NOON + 1] }), { enqueuedAt: NOON + 10_000 })]));
    expect(await windowsOf(store)).toEqual(['12:00 13: 2/1 late 2 revision 1 revised', '12:01 13: 1/0 provisional']);
    await run(batch('0', [event(1, post({ seq: 4 }), { enqueuedAt: NOON + 11_000 })]));
    expect((await windowsOf(store))[0]).toBe('12:00 13: 3/2 late 3 revision 2 revised');
    expect(await totalsOf(store)).toMatchObject({ late: 3 });
  });

  it('is judged by the watermark that readers had seen, not by the one its own commit makes', async () => {
    await watermarkAt(NOON - MINUTE);
    const live = event(0, post({ times: [NOON + 30_000] }), { enqueuedAt: NOON + 30_000 });
    const slower = event(1, post({ seq: 2, times: [NOON - 1] }), { enqueuedAt: NOON + 30_000 });
    await run(batch('0', [live, slower]), batch('1', [event(0, post({ stream: 'b', times: [NOON + 30_000] }))]));
    expect((await windowsOf(store))[0]).toBe('12:00 13: 1/1 final');
  });

  it('is not closed by one event of the future, which is kept and moves nothing', async () => {
    const future = post({ times: [NOON, NOON + 300_001, NOON + 400_000, NOON + 300_000] });
    await run(batch('0', [event(0, future)]), batch('1', [event(0, { pref: '13' })]));
    expect(await windowsOf(store)).toEqual(['12:00 13: 2/2 final', '12:05 13: 1/0 provisional']);
    expect(await column('SELECT received::text AS it FROM ledger')).toEqual(['{[1,2),[4,5)}']);
    const [letter] = await store.query<{ reason: string; detail: string }>('SELECT reason, detail FROM dead_letter');
    expect(letter!.reason).toBe('event-too-early');
    expect(letter!.detail).toContain('Not counted: 2–3.');
    expect(await column('SELECT watermark AS it FROM partition ORDER BY partition_id')).toEqual([
      new Date(NOON + 300_000),
      new Date(NOON),
    ]);
  });

  it('does not wait for a device that replays its spool', async () => {
    await watermarkAt(NOON);
    const yesterday = NOON - 24 * 60 * MINUTE;
    await run(batch('0', [event(0, post({ times: [yesterday] }), { enqueuedAt: NOON + MINUTE })]));
    expect(await column('SELECT watermark AS it FROM partition ORDER BY partition_id')).toEqual([
      new Date(NOON + MINUTE - 5000),
      new Date(NOON),
    ]);
  });

  it('is not moved by an idle tick that a commit or another owner has overtaken', async () => {
    await run(batch('0', [event(0, post())]));
    const late = { arrivedUntil: NOON + 10 * MINUTE };
    await tickIdle(store, hub, [{ partitionId: '0', ownerId: 'me', position: null, ...late }], tolerances, NOON);
    await tickIdle(store, hub, [{ partitionId: '0', ownerId: 'other', position: 0, ...late }], tolerances, NOON);
    expect(await column(`SELECT watermark AS it FROM partition WHERE partition_id = '0'`)).toEqual([new Date(NOON)]);
    await tickIdle(store, hub, [{ partitionId: '0', ownerId: 'me', position: 0, ...late }], tolerances, NOON);
    expect(await column(`SELECT watermark AS it FROM partition WHERE partition_id = '0'`)).toEqual([
      new Date(NOON + 10 * MINUTE - 5000),
    ]);
  });
});

describe('an event that cannot be counted', () => {
  const bytes = Buffer.from([0, 0xff, 0x7b]);
  it.each<[string, Uint8Array | string, string]>([
    ['bytes that are no text', bytes, 'invalid-json'],
    ['JSON that is no object', '[1, 2]', 'not-an-object'],
    ['an object that is nothing of ours', '{"hello": 1}', 'missing-payload'],
    ['an unknown prefecture', JSON.stringify({ pref: 'Atlantis' }), 'unknown-region'],
    ['a prefecture with U+0000 in it', JSON.stringify({ pref: 'a\u0000b' }), 'unknown-region'],
    [
      'a number beyond a double',
      '{"v":1,"pref":"13","stream":"a","seq":1,"pack":[{"n":"t","v":1e400}]}',
      'invalid-value',
    ],
    ['a NaN', '{"v":1,"pref":"13","stream":"a","seq":1,"pack":[{"n":"t","v":NaN}]}', 'invalid-json'],
    ['a sequence number below 1', JSON.stringify(post({ seq: 0 })), 'invalid-sequence'],
    ['a sequence number beyond a safe integer', JSON.stringify(post({ seq: 2 ** 53 })), 'invalid-sequence'],
    ['a lost range reversed', JSON.stringify(post({ lost: [[9, 3]] })), 'invalid-lost'],
    ['a stream with U+0000 in it', JSON.stringify(post({ stream: 'a\u0000' })), 'invalid-stream'],
    [
      'a time beyond the calendar',
      '{"v":1,"pref":"13","stream":"a","seq":1,"pack":[{"n":"t","t":1e300,"v":1}]}',
      'invalid-time',
    ],
    ['JSON nested beyond the stack', `{"pref":${'['.repeat(200_000)}${']'.repeat(200_000)}}`, 'unknown-region'],
    ['nothing', '', 'invalid-json'],
  ])('is kept with its bytes when it is %s', async (_, body, reason) => {
    await run(batch('0', [event(0, post()), rawEvent(1, body), event(2, post({ seq: 2 }))]));
    const [letter] = await store.query<{ reason: string; body: Buffer }>('SELECT * FROM dead_letter');
    expect(letter!.body.equals(Buffer.from(body as string))).toBe(true);
    expect([reason, 'invalid-json']).toContain(letter!.reason);
    expect(letter).toMatchObject({
      received_at: new Date(NOON),
      sequence_number: 1,
      partition_id: '0',
      redriven_at: null,
    });
    expect(await windowsOf(store)).toEqual(['12:00 13: 2/2 provisional']);
  });

  it('keeps the SIM of its envelope', async () => {
    await run(batch('0', [event(0, { pref: 'Atlantis' })]));
    expect(await column('SELECT imsi AS it FROM dead_letter')).toEqual([IMSI]);
  });
});

describe('strange values that are right', () => {
  it('are counted: U+0000, half a surrogate pair and long text in a value', async () => {
    const values = ['a\u0000b', '\ud800', 'x'.repeat(100_000)];
    await run(batch('0', [event(0, post({ times: [NOON, NOON, NOON], values }))]));
    await run(batch('0', [event(1, post({ seq: 4, name: 'other', values: ['\udfff\u0000'] }))]));
    expect(await windowsOf(store)).toEqual(['12:00 13: 4/2 provisional']);
    const [last] = await column<{ temp: { value: string } }>('SELECT last_values AS it FROM device');
    expect(last!.temp.value).toHaveLength(256);
    expect(last).toMatchObject({ other: { value: '\ufffd\ufffd' } });
  });

  it('are counted: sums beyond a double become infinite, and stay countable', async () => {
    await run(batch('0', [event(0, post({ values: [1.7e308] }))]));
    await run(batch('0', [event(1, post({ seq: 2, values: [1.7e308] }))]));
    await run(batch('0', [event(2, post({ seq: 3, values: [5e-324] }))]));
    await run(batch('0', [event(3, post({ seq: 4, times: [NOON, NOON], values: [-1.7e308, -1.7e308] }))]));
    await run(batch('0', [event(4, post({ seq: 6 }))]));
    expect(await store.query('SELECT count, min, max FROM window_value')).toEqual([
      { count: 6, min: -1.7e308, max: 1.7e308 },
    ]);
  });

  it('are counted: the year 1, and a number at the end of the safe integers', async () => {
    const seq = Number.MAX_SAFE_INTEGER - 2;
    await run(batch('0', [event(0, post({ seq, times: [NOON], lost: [[1, 2 ** 52]] }))]));
    const ancient = { v: 1, pref: '13', stream: 'b', seq: 1, held: 2 ** 53 - 1, pack: [{ n: 't', t: -6.3e10, v: 1 }] };
    await run(batch('0', [event(1, ancient)]));
    expect(await totalsOf(store)).toMatchObject({ readings: 2, deadLetters: 0 });
    expect(await column(`SELECT received::text AS it FROM ledger WHERE stream = 'stream-a'`)).toEqual([
      `{[${seq},${seq + 1})}`,
    ]);
  });

  it('are counted: a pack of 10,000 records', async () => {
    const times = Array.from({ length: 10_000 }, (_, index) => NOON - index);
    await run(batch('0', [event(0, post({ times }))]));
    expect(await windowsOf(store)).toEqual(['12:00 13: 10000/1 provisional']);
  });
});

/** Every row that a commit may write. */
async function everything(from: Queryable): Promise<unknown> {
  const tables = ['partition', 'ledger', 'window_region', 'window_value', 'device', 'dead_letter', 'change_cursor'];
  return Promise.all(tables.map((table) => from.query(`SELECT * FROM ${table} ORDER BY 1, 2`)));
}

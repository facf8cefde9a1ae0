import { formatMultirange, parseMultirange, type SequenceRange } from '@tashika/shared/sequence';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MOST_RANGES } from '../ledger/index.ts';
import type { Store } from '../store/index.ts';
import { openMemoryStore } from '../store/testing/memory-store.ts';
import { policyOf } from '../windows/index.ts';
import { commit } from './commit.ts';
import { openEvent } from './event.ts';
import { redrive } from './redrive.ts';
import { registerPartitions } from './register.ts';
import { event, IMSI, NOON, post, type SamplePost, totalsOf } from './sample-events.ts';

const hub = { namespace: 'local', hub: 'telemetry', consumerGroup: '$Default' };
const windows = { lateToleranceMs: 5000, earlyToleranceMs: 300_000, outOfOrderToleranceMs: 0 };
const policy = policyOf(windows);
const logger = { debug() {}, info() {}, warn() {}, error() {} };
const HOUR = 3_600_000;

/** The even numbers, as many as a ledger's row may have ranges. */
const EVEN = Array.from({ length: MOST_RANGES }, (_, n): SequenceRange => [2 * n + 2, 2 * n + 2]);
const LAST = 2 * MOST_RANGES;

let store: Store;
let events = 0;
beforeAll(async () => {
  store = await openMemoryStore({ logger });
});
afterAll(() => store.close());
beforeEach(async () => {
  events = 0;
  await store.script('TRUNCATE partition, ledger, window_region, window_value, device, dead_letter RESTART IDENTITY');
  await registerPartitions(store, hub, { createdAt: NOON, partitionIds: ['0'] }, policy);
  await store.query(`UPDATE partition SET owner_id = 'me'`);
  await store.query(
    `INSERT INTO ledger (imsi, stream, received, updated_at) VALUES ($1, 'stream-a', $2::int8multirange, now())`,
    [IMSI, formatMultirange(EVEN)],
  );
});

async function arrive(...posts: SamplePost[]): Promise<void> {
  const arrived = posts.map((each) => openEvent(event(events++, post(each))));
  const batch = { partitionId: '0', ownerId: 'me', events: arrived, startsAtCheckpoint: true };
  await commit(store, [batch], { hub, policy, logger, now: NOON });
}

async function ledger(): Promise<{ received: number; lost: number }> {
  const [row] = await store.query<{ received: string; lost: string }>('SELECT received, lost FROM ledger');
  return { received: parseMultirange(row!.received).length, lost: parseMultirange(row!.lost).length };
}

describe('a stream that is as scattered as a ledger may be', () => {
  it('gets no range more: what would be one is kept as a dead letter and counted in no window', async () => {
    await arrive({ seq: LAST + 2 });
    expect(await ledger()).toEqual({ received: MOST_RANGES, lost: 0 });
    expect(await totalsOf(store)).toMatchObject({ events: 1, readings: 0, deadLetters: 1 });
    expect(await store.query('SELECT reason, detail FROM dead_letter')).toEqual([
      { reason: 'too-many-gaps', detail: expect.stringContaining(`${LAST + 2} to ${LAST + 2}`) },
    ]);
    expect(await store.query('SELECT FROM window_region')).toEqual([]);
  });

  it('still counts what joins its ranges, what closes its gaps and what it has', async () => {
    await arrive({ seq: LAST + 1 }, { seq: 3, times: [NOON, NOON, NOON] }, { seq: 2 });
    expect(await totalsOf(store)).toMatchObject({ readings: 3, duplicates: 2, deadLetters: 0 });
    expect(await ledger()).toEqual({ received: MOST_RANGES - 2, lost: 0 });
  });

  it('takes what was set aside once gaps have closed', async () => {
    await arrive({ seq: LAST + 2 });
    expect(await redrive(store, 1, NOON, { windows })).toMatchObject({
      outcome: 'still-refused',
      reason: 'too-many-gaps',
    });
    await arrive({ seq: 3 });
    expect(await redrive(store, 1, NOON, { windows })).toEqual({ outcome: 'counted' });
    expect(await totalsOf(store)).toMatchObject({ readings: 2 });
  });

  it('is not scattered by a post of which every other reading is too early', async () => {
    await arrive({ seq: LAST + 1, times: [NOON, NOON + HOUR, NOON, NOON + HOUR, NOON] });
    expect(await ledger()).toEqual({ received: MOST_RANGES, lost: 0 });
    expect(await store.query('SELECT reason FROM dead_letter')).toEqual([{ reason: 'too-many-gaps' }]);
  });

  it('is not scattered by losses told either', async () => {
    await arrive({ seq: LAST + 1, lost: [[1, LAST]] }); // one loss for each gap
    expect(await ledger()).toEqual({ received: MOST_RANGES, lost: MOST_RANGES });
    await arrive({ seq: LAST + 2, lost: [[LAST + 4, LAST + 4]] });
    expect(await ledger()).toEqual({ received: MOST_RANGES, lost: MOST_RANGES });
    expect(await store.query('SELECT reason FROM dead_letter')).toEqual([{ reason: 'too-many-gaps' }]);
  });
});

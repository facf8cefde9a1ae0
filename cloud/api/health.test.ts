import { TestClock } from '@tashika/shared/time';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Health } from './shapes.ts';
import { type OpenApi, openApi, openApiOver } from './testing/open.ts';
import { setPartition } from './testing/seed.ts';

const HUB = { namespace: 'localhost', hub: 'telemetry', consumerGroup: '$Default' };

const NOW = Date.UTC(2026, 0, 31, 12, 0, 0);

let api: OpenApi;
let clock: TestClock;

beforeEach(async () => {
  clock = new TestClock(NOW);
  api = await openApi({ clock });
});

afterEach(() => api.close());

async function health(): Promise<[status: number, health: Health]> {
  const answer = await api.app.inject('/api/health');
  return [answer.statusCode, answer.json()];
}

describe('health', () => {
  it('is good while no worker has read anything yet, and says that it waits', async () => {
    const waiting = { status: 'ok', store: { status: 'ok' }, worker: { status: 'waiting', partitions: [] } };
    expect(await health()).toEqual([200, waiting]);
  });

  it('is good while every partition moves on', async () => {
    await setPartition(api.store, {
      progressedAt: '2026-01-31T11:59:58Z',
      watermark: '2026-01-31T11:59:50Z',
    });
    expect(await health()).toEqual([
      200,
      {
        status: 'ok',
        store: { status: 'ok' },
        worker: {
          status: 'ok',
          partitions: [
            {
              hub: 'telemetry',
              consumerGroup: '$Default',
              partition: '0',
              status: 'progressing',
              progressedAt: '2026-01-31T11:59:58.000Z',
              watermark: '2026-01-31T11:59:50.000Z',
            },
          ],
        },
      },
    ]);
  });

  it('names the partitions that stand still, and since when', async () => {
    await setPartition(api.store, { partition: '0', progressedAt: '2026-01-31T11:59:58Z' });
    await setPartition(api.store, { partition: '1', progressedAt: '2026-01-31T11:58:00Z' });
    await setPartition(api.store, { partition: '2', progressedAt: '2026-01-31T11:57:00Z' });
    await setPartition(api.store, { partition: '10' });
    const [status, { worker, ...rest }] = await health();
    expect([status, rest]).toEqual([503, { status: 'failing', store: { status: 'ok' } }]);
    expect([worker.status, worker.since]).toEqual(['standing', '2026-01-31T11:57:00.000Z']);
    expect(worker.partitions.map((each) => [each.partition, each.status])).toEqual([
      ['0', 'progressing'],
      ['1', 'standing'],
      ['2', 'standing'],
      ['10', 'waiting'],
    ]);
  });

  it.each(['rewound', 'stalled'] as const)('is bad while a partition is %s, and tells since when', async (state) => {
    await setPartition(api.store, { partition: '0', progressedAt: '2026-01-31T11:59:58Z' });
    await setPartition(api.store, { partition: '1', progressedAt: '2026-01-31T11:59:30Z' });
    await setPartition(api.store, { partition: '2' });
    const standing = { position: 7, backlog: 0, progressedAt: 0, since: NOW - 10_000 };
    const worker = () => ({
      hub: HUB,
      trouble: null,
      partitions: [
        { ...standing, partitionId: '0', state: 'caught-up' as const },
        { ...standing, partitionId: '1', state },
        { ...standing, partitionId: '2', state },
      ],
    });
    const other = await openApiOver(api.store, { clock, worker });
    const answer = await other.inject('/api/health');
    const elsewhere = await openApiOver(api.store, {
      clock,
      worker: () => ({ ...worker(), hub: { ...HUB, consumerGroup: 'dashboard' } }),
    });
    const unconcerned = await elsewhere.inject('/api/health');
    await Promise.all([other.close(), elsewhere.close()]);
    const { status, worker: told } = answer.json<Health>();
    expect([answer.statusCode, status, told.status, told.since]).toEqual([
      503,
      'failing',
      state,
      '2026-01-31T11:59:30.000Z',
    ]);
    expect(told.partitions.map((each) => [each.partition, each.status, each.since])).toEqual([
      ['0', 'progressing', undefined],
      ['1', state, '2026-01-31T11:59:30.000Z'],
      ['2', state, '2026-01-31T11:59:50.000Z'],
    ]);
    expect([unconcerned.statusCode, unconcerned.json<Health>().worker.status]).toEqual([200, 'waiting']);
  });

  it('tells what keeps the worker of this process from Event Hubs', async () => {
    const trouble = { code: 'EVENT_HUBS_UNAUTHORIZED', message: 'the key is wrong', since: NOW - 5_000 };
    const other = await openApi({ clock, worker: () => ({ hub: HUB, trouble, partitions: [] }) });
    const answer = await other.app.inject('/api/health');
    await other.close();
    expect([answer.statusCode, answer.json().worker]).toEqual([
      503,
      {
        status: 'troubled',
        since: '2026-01-31T11:59:55.000Z',
        trouble: { code: 'EVENT_HUBS_UNAUTHORIZED', message: 'the key is wrong' },
        partitions: [],
      },
    ]);
  });

  it('says since when the store has been away; what needs it is 503, not 500', async () => {
    await api.store.close();
    await health();
    clock.setWall(NOW + 60_000);
    expect(await health()).toEqual([
      503,
      {
        status: 'failing',
        store: { status: 'unavailable', since: '2026-01-31T12:00:00.000Z' },
        worker: { status: 'unknown', partitions: [] },
      },
    ]);
    for (const url of ['/api/windows', '/api/devices', '/api/dead-letters']) {
      const answer = await api.app.inject(url);
      expect([url, answer.statusCode, answer.json().code]).toEqual([url, 503, 'STORE_UNAVAILABLE']);
    }
    const metrics = await api.app.inject('/metrics');
    expect([metrics.statusCode, metrics.body]).toEqual([200, expect.stringContaining('tashika_store_up 0')]);
  });
});

import { describe, expect, it, onTestFinished } from 'vitest';
import type { Health } from './shapes.ts';
import { openApiOver } from './testing/open.ts';
import { apiWithoutPartitions } from './testing/partitions.ts';
import { setPartition, setTrouble, setWatch } from './testing/seed.ts';

const NOW = Date.UTC(2026, 0, 31, 12, 0, 0);

const api = apiWithoutPartitions(NOW);

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
    await setPartition(api.store, { progressedAt: '2026-01-31T11:59:58Z', watermark: '2026-01-31T11:59:50Z' });
    await setWatch(api.store, { position: 7, lastEnqueued: 9, backlog: 2, since: 29 });
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

  it('names the partitions that stand still, and since when; the gravest decides', async () => {
    for (const partition of ['0', '1', '2', '3', '10']) await setPartition(api.store, { partition });
    await setWatch(api.store, { partition: '0' });
    await setWatch(api.store, { partition: '1', since: 50, lookedAt: 40 });
    const stalled = await setWatch(api.store, { partition: '2', position: 7, lastEnqueued: 9, backlog: 2, since: 31 });
    const longer = await setWatch(api.store, { partition: '3', position: 7, lastEnqueued: 9, backlog: 2, since: 99 });
    await setWatch(api.store, { partition: '10', lookedAt: null });
    const [status, { worker, ...rest }] = await health();
    expect([status, rest]).toEqual([503, { status: 'failing', store: { status: 'ok' } }]);
    expect([worker.status, worker.since]).toEqual(['stalled', longer]);
    expect(worker.partitions.map((each) => [each.partition, each.status])).toEqual([
      ['0', 'progressing'],
      ['1', 'standing'],
      ['2', 'stalled'],
      ['3', 'stalled'],
      ['10', 'waiting'],
    ]);
    expect(worker.partitions[2]!.since).toBe(stalled);
    const rewound = await setWatch(api.store, { partition: '1', position: 100, lastEnqueued: 3, since: 5 });
    expect((await health())[1].worker).toMatchObject({ status: 'rewound', since: rewound });
  });

  it('tells what keeps a worker from Event Hubs, whichever process is asked', async () => {
    await setTrouble(api.store, { code: 'EVENT_HUBS_UNAUTHORIZED', message: 'the key is wrong', since: NOW - 5_000 });
    const [status, { worker }] = await health();
    expect([status, worker]).toEqual([
      503,
      {
        status: 'troubled',
        since: '2026-01-31T11:59:55.000Z',
        trouble: { code: 'EVENT_HUBS_UNAUTHORIZED', message: 'the key is wrong' },
        partitions: [],
      },
    ]);
  });

  it('is not good by what a former worker saw, until the one of its own process has looked', async () => {
    let looked = false;
    await setPartition(api.store, { progressedAt: '2026-01-31T11:59:58Z' });
    await setWatch(api.store, { position: 7, lastEnqueued: 9, backlog: 2, since: 1 });
    const app = await openApiOver(api.store, { clock: api.clock, ownWorkerLooked: () => looked });
    onTestFinished(() => app.close());
    const asked = async () => {
      const [health, ready] = [await app.inject('/api/health'), await app.inject('/api/ready')];
      return [health.statusCode, health.json().worker.status, ready.statusCode, ready.json().conditions];
    };
    const notRead = {
      type: 'HubNotRead',
      since: '2026-01-31T12:00:00.000Z',
      detail: expect.stringContaining('worker'),
    };
    expect(await asked()).toEqual([503, 'waiting', 503, [notRead]]);
    looked = true;
    expect(await asked()).toEqual([200, 'ok', 200, []]);
  });

  it('says since when the store has been away; what needs it is 503, not 500', async () => {
    await api.store.close(); // so this test is the last one
    await health();
    api.clock.setWall(NOW + 60_000);
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

import { describe, expect, it } from 'vitest';
import type { Readiness } from './shapes.ts';
import { apiWithoutPartitions } from './testing/partitions.ts';
import { setPartition, setTrouble, setWatch } from './testing/seed.ts';

const NOW = Date.UTC(2026, 0, 31, 12, 0, 0);

const api = apiWithoutPartitions(NOW);

async function ready(): Promise<[status: number, answer: Readiness]> {
  const answer = await api.app.inject('/api/ready');
  return [answer.statusCode, answer.json()];
}

describe('readiness', () => {
  it('is there while workers look at every partition and each moves on', async () => {
    await setPartition(api.store, { partition: '0' });
    await setPartition(api.store, { partition: '1' });
    await setWatch(api.store, { partition: '0', position: 7, lastEnqueued: 7, since: 3600, lookedAt: 29 });
    await setWatch(api.store, { partition: '1', position: 7, lastEnqueued: 900, backlog: 893, since: 29 });
    expect(await ready()).toEqual([200, { status: 'ready', conditions: [] }]);
  });

  it('is not there before any worker has read a hub', async () => {
    expect(await ready()).toEqual([
      503,
      {
        status: 'not-ready',
        conditions: [
          { type: 'HubNotRead', since: '2026-01-31T12:00:00.000Z', detail: expect.stringContaining('No worker') },
        ],
      },
    ]);
  });

  it.each([
    ['has events that are not committed', { position: 7, lastEnqueued: 900, backlog: 893, since: 31 }, /893 events/],
    ['has events and none was ever committed', { lastEnqueued: 4, backlog: 5, since: 31 }, /none ever was/],
    ['ends before what was committed', { position: 100, lastEnqueued: 3, since: 1 }, /ends at event 3, and 100/],
    ['was never looked at', { lookedAt: null, since: 1 }, /No worker has looked at this partition yet/],
  ])('names a partition that %s, and since when', async (_, seen, detail) => {
    await setPartition(api.store, { partition: '0' });
    await setPartition(api.store, { partition: '1' });
    await setWatch(api.store, { partition: '0' });
    const since = await setWatch(api.store, { partition: '1', ...seen });
    expect(await ready()).toEqual([
      503,
      {
        status: 'not-ready',
        conditions: [
          { type: 'InputPartitionNotProgressing', partition: '1', since, detail: expect.stringMatching(detail) },
        ],
      },
    ]);
  });

  it('names a partition that no worker looks at any more, since the last look', async () => {
    await setPartition(api.store, { partition: '0' });
    await setWatch(api.store, { partition: '0', since: 90, lookedAt: 60 });
    const [row] = await api.store.query<{ looked_at: Date }>('SELECT looked_at FROM partition_watch');
    const [status, { conditions }] = await ready();
    expect([status, conditions]).toMatchObject([
      503,
      [
        {
          partition: '0',
          since: row!.looked_at.toISOString(),
          detail: 'No worker has looked at this partition since.',
        },
      ],
    ]);
  });

  it('is not there while Event Hubs refuses a worker, and is not kept away by one that is gone', async () => {
    await setPartition(api.store, { partition: '0' });
    await setWatch(api.store, { partition: '0' });
    const trouble = { code: 'EVENT_HUBS_UNAUTHORIZED', message: 'the key is wrong', since: NOW };
    await setTrouble(api.store, { ...trouble, lookedAt: 60 });
    expect((await ready())[0]).toBe(200);
    await setTrouble(api.store, trouble);
    expect((await ready())[1].conditions).toEqual([
      {
        type: 'HubUnavailable',
        since: '2026-01-31T12:00:00.000Z',
        detail: 'A worker is told EVENT_HUBS_UNAUTHORIZED: the key is wrong',
      },
    ]);
  });

  it.each(['STORE_OF_ANOTHER_HUB', 'STORE_OF_OTHER_WINDOWS', 'HUB_REPLACED'])(
    'lays %s to the api.store, not to a hub that answers',
    async (code) => {
      await setPartition(api.store, { partition: '0' });
      await setWatch(api.store, { partition: '0' });
      await setTrouble(api.store, { code, message: 'not these', since: NOW });
      expect(await ready()).toEqual([
        503,
        {
          status: 'not-ready',
          conditions: [
            {
              type: 'StoreNotOfThisPipeline',
              since: '2026-01-31T12:00:00.000Z',
              detail: `A worker is told ${code}: not these`,
            },
          ],
        },
      ]);
    },
  );

  it('is not there while the store does not answer, and tells since when', async () => {
    await api.store.close(); // so this test is the last one
    await ready();
    api.clock.setWall(NOW + 60_000);
    expect(await ready()).toEqual([
      503,
      {
        status: 'not-ready',
        conditions: [{ type: 'StoreUnavailable', since: '2026-01-31T12:00:00.000Z', detail: expect.any(String) }],
      },
    ]);
  });
});

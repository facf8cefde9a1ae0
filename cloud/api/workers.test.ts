import { expect, it } from 'vitest';
import { saveWorker } from '../ingest/index.ts';
import type { WorkerList } from './shapes.ts';
import { apiWithoutPartitions } from './testing/partitions.ts';

const api = apiWithoutPartitions(Date.UTC(2026, 0, 31, 12, 0, 0));

it('lists the workers that run, with the key that each reads with and what keeps it from the hub', async () => {
  const trouble = { code: 'EVENT_HUBS_UNAUTHORIZED', message: 'refused', since: Date.UTC(2026, 0, 31) };
  await saveWorker(api.store, 'host-1-a', null, 'sha256:0123456789ab');
  await saveWorker(api.store, 'host-2-b', trouble);
  const answer = await api.app.inject('/api/workers');
  expect([answer.statusCode, answer.headers['cache-control']]).toEqual([200, 'no-store']);
  const lookedAt = expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/);
  expect(answer.json<WorkerList>()).toEqual({
    workers: [
      { worker: 'host-1-a', lookedAt, hubKey: 'sha256:0123456789ab', trouble: null },
      { worker: 'host-2-b', lookedAt, hubKey: null, trouble: { ...trouble, since: '2026-01-31T00:00:00.000Z' } },
    ],
  });
});

it('lists none where none runs', async () => {
  expect((await api.app.inject('/api/workers')).json()).toEqual({ workers: [] });
});

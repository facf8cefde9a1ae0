// A refused receiver is opened again and again, and nobody is told why nothing comes: Azure/azure-event-hubs-node #174.
import { expect, it } from 'vitest';
import { expectedOf, SEED, startCluster, traffic, until } from '../rig/index.ts';

it('says that the key is refused, gives way to a worker with the new key, and loses nothing', async () => {
  const cluster = await startCluster({ env: { TASHIKA_CLOUD_INGEST_STALLED_AFTER_MS: '2000' } });
  const wave = (name: string, posts: number) => traffic({ seed: SEED, name, partitions: 4, sims: 100, posts });
  const [first, second] = [wave('before', 60), wave('after', 20)];
  await cluster.send(first);
  const refused = [cluster.startWorker(), cluster.startWorker()];
  await cluster.reached(Math.floor(first.length * 0.2));

  await cluster.broker.kill9();
  await cluster.broker.replaceKey('listen');
  await cluster.broker.start();
  await cluster.send(second);
  const told = await until('the API to tell of the refusal', async () =>
    (await cluster.api.ready()).conditions.find(({ detail }) => detail.includes('EVENT_HUBS_UNAUTHORIZED')),
  );
  expect(told.type).toBe('HubUnavailable');
  expect(await cluster.committed()).toBeLessThanOrEqual(first.length); // what they had in hand, and nothing of `second`

  const replacement = cluster.startWorker({
    TASHIKA_CLOUD_EVENT_HUBS_CONNECTION_STRING: cluster.broker.listen,
  });
  await cluster.settled();
  expect(await cluster.ownedBy(replacement)).toHaveLength(4);
  expect(await Promise.all(refused.map((worker) => worker.stop()))).toEqual([0, 0]);
  await cluster.assertExact(expectedOf([...first, ...second]));
});

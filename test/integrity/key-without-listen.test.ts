// A hub tells of itself to a key that may only send, and the link that reads is refused without a word.
import { expect, it } from 'vitest';
import { expectedOf, SEED, startCluster, traffic, until } from '../rig/index.ts';

it('says that the key needs the Listen claim, and takes it back when a key that may read is in its place', async () => {
  const cluster = await startCluster();
  const events = traffic({ seed: SEED, name: 'unread', partitions: 4, sims: 20, posts: 10 });
  await cluster.send(events);
  const refused = cluster.startWorker({ TASHIKA_CLOUD_EVENT_HUBS_CONNECTION_STRING: cluster.broker.send });
  const told = await until('the API to tell of the refusal', async () =>
    (await cluster.api.ready()).conditions.find(({ detail }) => detail.includes('EVENT_HUBS_UNAUTHORIZED')),
  );
  expect(told.type).toBe('HubUnavailable');
  expect(told.detail).toContain('Listen claim');
  expect(await cluster.ownedBy(refused)).toEqual([]);
  expect(await refused.stop()).toBe(0);

  const replacement = cluster.startWorker();
  await cluster.settled();
  expect(await cluster.ownedBy(replacement)).toHaveLength(4);
  await until('the API to be ready', async () => (await cluster.api.ready()).conditions.length === 0);
  await cluster.assertExact(expectedOf(events));
});

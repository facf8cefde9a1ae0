// The receiver silently stops, and never reconnects: Azure/azure-sdk-for-js #4132.
import { expect, it } from 'vitest';
import { expectedOf, SEED, startCluster, traffic, until, untilWaiting } from '../rig/index.ts';

it.each([3, 30])('counts on by itself after the broker was killed and away for %i s', async (seconds) => {
  const cluster = await startCluster();
  const wave = (name: string, posts: number) => traffic({ seed: SEED, name, partitions: 4, sims: 100, posts });
  const [first, second] = [wave('before', 60), wave('after', 20)];
  const countedBefore = Math.floor(first.length * 0.3);
  const workers = [cluster.startWorker(), cluster.startWorker()];
  for (const worker of workers)
    await until('the worker to read', async () => (await cluster.ownedBy(worker)).length > 0);
  await cluster.send(first.slice(0, countedBefore));
  await cluster.reached(countedBefore);

  // Nobody gets past the ledger, so that most is still to be read when the broker goes.
  const letGo = await cluster.lockTable('ledger');
  await cluster.send(first.slice(countedBefore));
  await untilWaiting(cluster, 1, 'FROM ledger');
  await cluster.broker.kill9();
  await letGo();
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000)); // how long it is away is what is tested
  await cluster.broker.start();

  await cluster.settled();
  await cluster.send(second);
  await cluster.settled();
  expect(workers.map(({ running }) => running)).toEqual([true, true]);
  await cluster.assertExact(expectedOf([...first, ...second]));
});

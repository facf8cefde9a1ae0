// The receiver silently stops, and never reconnects: Azure/azure-sdk-for-js #4132.
import { expect, it } from 'vitest';
import { expectedOf, SEED, startCluster, traffic } from '../rig/index.ts';

it.each([3, 30])('counts on by itself after the broker was killed and away for %i s', async (seconds) => {
  const cluster = await startCluster();
  const wave = (name: string, posts: number) => traffic({ seed: SEED, name, partitions: 4, sims: 100, posts });
  const [first, second] = [wave('before', 60), wave('after', 20)];
  await cluster.send(first);
  const workers = [cluster.startWorker(), cluster.startWorker()];
  await cluster.reached(Math.floor(first.length * 0.3));

  await cluster.broker.kill9();
  const committed = await cluster.committed();
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000)); // how long it is away is what is tested
  await cluster.broker.start();

  await cluster.settled();
  await cluster.send(second);
  await cluster.settled();
  expect(committed, 'committed when the broker was killed').toBeLessThan(first.length);
  expect(workers.map(({ running }) => running)).toEqual([true, true]);
  await cluster.assertExact(expectedOf([...first, ...second]));
});

// The balancer hung, and partitions starved: Azure/azure-sdk-for-java #39367.
import { expect, it } from 'vitest';
import { expectedOf, type Program, SEED, type SentEvent, startCluster, traffic, until } from '../rig/index.ts';

const PARTITIONS = 8;

it('has every one of 8 partitions progress with 3 workers, also while one of these hangs and when it comes back', async () => {
  const cluster = await startCluster({ partitions: PARTITIONS });
  const sent: SentEvent[] = [];
  const workers = [cluster.startWorker(), cluster.startWorker(), cluster.startWorker()];
  /** Nobody of `alive` is without a partition, and no partition without one of them. */
  const spreadOver = (alive: readonly Program[]) =>
    until(`the partitions to be spread over ${alive.length} workers`, async () => {
      const owned = (await Promise.all(alive.map((worker) => cluster.ownedBy(worker)))).map(({ length }) => length);
      const fair = Math.floor(PARTITIONS / alive.length);
      return owned.reduce((a, b) => a + b) === PARTITIONS && owned.every((n) => n === fair || n === fair + 1);
    });
  const progressOfAll = async (name: string) => {
    const wave = traffic({ seed: SEED, name, partitions: PARTITIONS, sims: 40, posts: 20 });
    const before = await cluster.partitions();
    await cluster.send(wave);
    sent.push(...wave);
    await cluster.settled();
    const after = await cluster.partitions();
    expect(after.filter((row, index) => row.events <= (before[index]?.events ?? 0))).toEqual([]);
  };

  await progressOfAll('as they start');
  await spreadOver(workers);
  await progressOfAll('three');
  workers[0]!.pause();
  await progressOfAll('while one hangs');
  await spreadOver(workers.slice(1));
  workers[0]!.resume();
  await spreadOver(workers);
  await progressOfAll('three again');

  await cluster.assertExact(expectedOf(sent));
});

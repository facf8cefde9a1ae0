// Duplicates during a rebalance are "expected": Azure/azure-sdk-for-net #17651.
import { expect, it } from 'vitest';
import { expectedOf, type Program, SEED, startCluster, traffic, until } from '../rig/index.ts';

const PARTITIONS = 8;

it('counts exactly once while two workers become four and then one, all of it while they read', async () => {
  const cluster = await startCluster({ partitions: PARTITIONS });
  const waves = ['two', 'four', 'one'].map((name) =>
    traffic({ seed: SEED, name, partitions: PARTITIONS, sims: 100, posts: 40 }),
  );
  let sent = 0;
  /** Sends half of the next wave, does something in the middle of its being read, and sends the other half meanwhile. */
  const whileTheyRead = async (change: () => Promise<unknown>) => {
    const wave = waves.shift()!;
    const half = wave.length / 2;
    await cluster.send(wave.slice(0, half));
    await cluster.reached(sent + Math.floor(half * 0.8));
    await Promise.all([change(), cluster.send(wave.slice(half))]);
    sent += wave.length;
    return wave;
  };
  const ownedAlike = (workers: readonly Program[]) =>
    until(`${workers.length} workers to have the partitions shared among them`, async () => {
      const owned = await Promise.all(workers.map((worker) => cluster.ownedBy(worker)));
      return owned.every(({ length }) => length === PARTITIONS / workers.length) || false;
    });

  const workers = [cluster.startWorker(), cluster.startWorker()];
  const first = await whileTheyRead(() => {
    workers.push(cluster.startWorker(), cluster.startWorker());
    return ownedAlike(workers);
  });
  const [last, killed, ...leaving] = workers as [Program, Program, Program, Program];
  const second = await whileTheyRead(async () => {
    await killed.kill9();
    expect(await Promise.all(leaving.map((worker) => worker.stop()))).toEqual([0, 0]);
  });
  const third = await whileTheyRead(() => ownedAlike([last]));

  await cluster.settled();
  await cluster.assertExact(expectedOf([...first, ...second, ...third]));
});

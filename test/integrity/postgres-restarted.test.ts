// The receiver stops silently and never reconnects: Azure/azure-sdk-for-js #25940.
import { seededChance } from '@tashika/shared/chance';
import { expect, it } from 'vitest';
import { expectedOf, SEED, startCluster, traffic, until } from '../rig/index.ts';

const RESTARTS = 4;

it(`counts exactly once while PostgreSQL restarts ${RESTARTS} times under two workers, in order and by crashes`, async () => {
  const cluster = await startCluster({ fsync: true });
  const events = traffic({ seed: SEED, partitions: 4, sims: 60, posts: 80 });
  const part = Math.floor(events.length / (RESTARTS + 1));

  const workers = [cluster.startWorker(), cluster.startWorker()];
  for (const worker of workers)
    await until('the worker to read', async () => (await cluster.ownedBy(worker)).length > 0);
  const chance = seededChance(SEED, 'restarts');
  for (let restart = 0; restart < RESTARTS; restart++) {
    await cluster.send(events.slice(restart * part, (restart + 1) * part)); // not before, or all might be counted by now
    await cluster.reached(Math.floor((restart + chance.between(0.05, 0.7)) * part));
    if (restart % 2 === 0) await cluster.postgres.restart();
    else {
      await cluster.postgres.kill();
      await cluster.postgres.start();
    }
  }

  await cluster.send(events.slice(RESTARTS * part));
  await cluster.settled();
  // They were there all the time, and told what they met.
  for (const worker of workers) {
    expect(worker.running).toBe(true);
    expect(worker.output).toMatch(/an idle database connection broke|a commit failed; trying again/);
  }
  await cluster.assertExact(expectedOf(events));
});

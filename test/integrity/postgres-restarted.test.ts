// The receiver stops silently and never reconnects: Azure/azure-sdk-for-js #25940.
import { seededChance } from '@tashika/shared/chance';
import { expect, it } from 'vitest';
import { expectedOf, SEED, startCluster, traffic } from '../rig/index.ts';

const RESTARTS = 4;

it(`counts exactly once while PostgreSQL restarts ${RESTARTS} times under two workers, in order and by crashes`, async () => {
  const cluster = await startCluster({ fsync: true });
  const events = traffic({ seed: SEED, partitions: 4, sims: 60, posts: 80 });
  await cluster.send(events);

  const workers = [cluster.startWorker(), cluster.startWorker()];
  const chance = seededChance(SEED, 'restarts');
  const moments = Array.from({ length: RESTARTS }, () => Math.floor(chance.between(0.05, 0.8) * events.length));
  for (const [index, moment] of moments.sort((a, b) => a - b).entries()) {
    await cluster.reached(moment);
    if (index % 2 === 0) await cluster.postgres.restart();
    else {
      await cluster.postgres.kill();
      await cluster.postgres.start();
    }
  }

  await cluster.settled();
  // They were there all the time, and told what they met.
  for (const worker of workers) {
    expect(worker.running).toBe(true);
    expect(worker.output).toMatch(/an idle database connection broke|a commit failed; trying again/);
  }
  await cluster.assertExact(expectedOf(events));
});

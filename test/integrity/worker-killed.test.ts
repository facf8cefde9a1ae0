// A buffer in memory was lost on restart, and the whole log sent again: influxdata/telegraf #802, #16500.
import { seededChance } from '@tashika/shared/chance';
import { expect, it } from 'vitest';
import { expectedOf, SEED, startCluster, traffic, until } from '../rig/index.ts';

const KILLS = 6;

it(`counts exactly once while workers are killed at ${KILLS} random moments, each while it reads`, async () => {
  const cluster = await startCluster();
  const events = traffic({ seed: SEED, partitions: 4, sims: 100, posts: 100 });
  await cluster.send(events);

  const workers = [cluster.startWorker(), cluster.startWorker()];
  const chance = seededChance(SEED, 'kills');
  const moments = Array.from({ length: KILLS }, () => Math.floor(chance.between(0.02, 0.9) * events.length));
  for (const moment of moments.sort((a, b) => a - b)) {
    const victim = chance.happens(0.5) ? 0 : 1;
    await cluster.reached(moment);
    await until('the victim to read', async () => (await cluster.ownedBy(workers[victim]!)).length > 0);
    await workers[victim]!.kill9();
    workers[victim] = cluster.startWorker();
  }

  await cluster.settled();
  expect(workers.every(({ running }) => running)).toBe(true);
  await cluster.assertExact(expectedOf(events));
});

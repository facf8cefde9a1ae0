// A buffer in memory was lost on restart, and the whole log sent again: influxdata/telegraf #802, #16500.
import { seededChance } from '@tashika/shared/chance';
import { expect, it } from 'vitest';
import { expectedOf, SEED, startCluster, traffic, until } from '../rig/index.ts';

const KILLS = 6;

it(`counts exactly once while workers are killed at ${KILLS} random moments, each while it reads`, async () => {
  const cluster = await startCluster();
  const events = traffic({ seed: SEED, partitions: 4, sims: 100, posts: 100 });
  const part = Math.floor(events.length / (KILLS + 1));

  const workers = [cluster.startWorker(), cluster.startWorker()];
  const chance = seededChance(SEED, 'kills');
  for (let kill = 0; kill < KILLS; kill++) {
    const victim = chance.happens(0.5) ? 0 : 1;
    const moment = Math.floor((kill + chance.between(0.02, 0.7)) * part);
    await until('the victim to read', async () => (await cluster.ownedBy(workers[victim]!)).length > 0);
    await cluster.send(events.slice(kill * part, (kill + 1) * part)); // only now: another would read all of it meanwhile
    await cluster.reached(moment);
    await workers[victim]!.kill9();
    workers[victim] = cluster.startWorker();
  }

  await cluster.send(events.slice(KILLS * part));
  await cluster.settled();
  expect(workers.every(({ running }) => running)).toBe(true);
  await cluster.assertExact(expectedOf(events));
});

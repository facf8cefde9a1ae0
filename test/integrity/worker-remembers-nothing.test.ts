// Window state leaked: apache/flink PR #24917. What is not kept between two commits cannot leak, nor be stale.
import { it } from 'vitest';
import { expectedOf, SEED, startCluster, traffic } from '../rig/index.ts';

it('keeps no window and no ledger between commits: what the database has forgotten, a running worker counts anew', async () => {
  const cluster = await startCluster();
  const options = { seed: SEED, partitions: 4, sims: 40, posts: 40 };
  const events = traffic(options);
  await cluster.send(events);
  cluster.startWorker();
  await cluster.settled();

  await cluster.query('TRUNCATE ledger, device, window_region, window_value');
  await cluster.query('UPDATE partition SET events = 0, readings = 0, duplicates = 0, late = 0');
  await cluster.send(events);
  await cluster.settled();
  await cluster.assertExact(expectedOf(events));
});

// The whole log was sent again after a restart, because nobody knew what had arrived: influxdata/telegraf #16500.
import { seededChance } from '@tashika/shared/chance';
import { expect, it } from 'vitest';
import {
  type CommitFate,
  type Committing,
  expectedOf,
  SEED,
  startCluster,
  startTcpProxy,
  type TcpProxy,
  traffic,
} from '../rig/index.ts';

it('counts exactly once while connections break at many commits, before COMMIT arrived or after it was done', async () => {
  const chance = seededChance(SEED, 'commits');
  const fateOf = ({ statements }: Committing): CommitFate => {
    if (!statements.some((sql) => sql.includes('window_region'))) return 'pass';
    if (chance.happens(0.25)) return 'answer-lost';
    return chance.happens(0.33) ? 'never-arrives' : 'pass';
  };
  let proxy: TcpProxy | undefined;
  const cluster = await startCluster({
    databaseUrlForWorkers: async (databaseUrl) => {
      proxy = await startTcpProxy(databaseUrl, fateOf);
      return proxy.url;
    },
  });
  const events = traffic({ seed: SEED, partitions: 4, sims: 60, posts: 120 });

  cluster.startWorker();
  cluster.startWorker();
  await cluster.sendInParts(events, 40);
  await cluster.settled();

  expect(proxy!.cut['answer-lost']).toBeGreaterThan(5);
  expect(proxy!.cut['never-arrives']).toBeGreaterThan(5);
  await cluster.assertExact(expectedOf(events));
});

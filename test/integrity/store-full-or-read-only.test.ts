// The store fills the disk: Azure/iotedge #2431, #3981.
import { seededChance } from '@tashika/shared/chance';
import { expect, it } from 'vitest';
import { type Cluster, expectedOf, refuseCommits, SEED, startCluster, traffic, until } from '../rig/index.ts';

const DISK_FULL = '53100';
const REFUSALS = 12;

it('loses nothing while the database is read only, tells it, and goes on by itself when it is not', async () => {
  const cluster = await startCluster({ env: { TASHIKA_CLOUD_INGEST_STALLED_AFTER_MS: '2000' } });
  const database = new URL(cluster.databaseUrl).pathname.slice(1);
  const events = traffic({ seed: SEED, partitions: 4, sims: 40, posts: 60 });
  const half = events.length / 2;
  await cluster.send(events.slice(0, half));
  const worker = cluster.startWorker();
  await cluster.settled();

  await cluster.query(`ALTER DATABASE ${database} SET default_transaction_read_only = on`);
  await cluster.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
  );
  await cluster.send(events.slice(half));
  await worker.printed(/"error":"cannot execute [^"]* in a read-only transaction","retryMs":400\b/);
  expect(await cluster.committed()).toBe(half);
  await readinessIs(cluster, 'not-ready');

  // The sessions that the worker has by now are read only for as long as they live.
  await cluster.query('SET default_transaction_read_only = off');
  await cluster.query(`ALTER DATABASE ${database} RESET default_transaction_read_only`);
  await cluster.settled();
  await readinessIs(cluster, 'ready');
  expect(worker.running).toBe(true);
  await cluster.assertExact(expectedOf(events));
});

it('loses nothing while the disk of the database is full at seeded commits, and tells it', async () => {
  const cluster = await startCluster();
  const chance = seededChance(SEED, 'disk');
  const codes = () => Array.from({ length: REFUSALS }, () => (chance.happens(0.5) ? DISK_FULL : null));
  const refusals = [
    await refuseCommits(cluster, codes(), 'statement'),
    await refuseCommits(cluster, codes(), 'commit'),
  ];
  const events = traffic({ seed: SEED, partitions: 4, sims: 40, posts: 60 });

  const worker = cluster.startWorker();
  await cluster.sendInParts(events, REFUSALS);
  await cluster.settled();

  for (const refusal of refusals) expect(await refusal.raised()).toBeGreaterThan(2);
  expect(worker.output).toMatch(/"fault":"unavailable","error":"refused by the test"/);
  await cluster.assertExact(expectedOf(events));
});

async function readinessIs(cluster: Cluster, status: 'ready' | 'not-ready'): Promise<void> {
  await until(`readiness to be ${status}`, async () => (await cluster.api.ready()).status === status);
}

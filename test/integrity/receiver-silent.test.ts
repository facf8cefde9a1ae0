// The receiver silently stops after days, without an error: Azure/azure-sdk-for-js #4132, #25572.
import { expect, it } from 'vitest';
import {
  type Cluster,
  expectedOf,
  SEED,
  type SentEvent,
  startCluster,
  startHubLine,
  traffic,
  until,
} from '../rig/index.ts';

const STALLED_AFTER_MS = 2000;
const env = { TASHIKA_CLOUD_INGEST_STALLED_AFTER_MS: String(STALLED_AFTER_MS) };
const PARTITIONS = ['0', '1', '2', '3'];

it('connects anew when a line goes silent while the hub has events, and says which partitions stand still since when', async () => {
  const cluster = await startCluster({ env });
  const line = await startHubLine(cluster.broker.listen);
  const worker = cluster.startWorker({ TASHIKA_CLOUD_EVENT_HUBS_CONNECTION_STRING: line.connectionString });
  const [first, rest] = await whileItReads(cluster);

  line.goSilent();
  await cluster.send(rest); // now the hub has events, however much was counted before
  await standStill(cluster);
  await worker.printed(/a partition stands still although the hub has events; reconnecting/);

  await cluster.settled();
  await isReady(cluster);
  expect(worker.running).toBe(true);
  await cluster.assertExact(expectedOf([...first, ...rest]));
});

it('counts on after the broker hung with its connections open, and says so meanwhile', async () => {
  const cluster = await startCluster({ env });
  const workers = [cluster.startWorker(), cluster.startWorker()];
  const [first, rest] = await whileItReads(cluster);

  cluster.broker.pause();
  await standStill(cluster);
  cluster.broker.resume();

  await cluster.send(rest);
  await cluster.settled();
  await isReady(cluster);
  expect(workers.map(({ running }) => running)).toEqual([true, true]);
  await cluster.assertExact(expectedOf([...first, ...rest]));
});

/** Sends events once all is well, and comes back while they are being read, with those that are to come after them. */
async function whileItReads(cluster: Cluster): Promise<[first: readonly SentEvent[], rest: readonly SentEvent[]]> {
  await isReady(cluster);
  const events = traffic({ seed: SEED, partitions: 4, sims: 100, posts: 80 });
  const half = events.length / 2;
  const [first, rest] = [events.slice(0, half), events.slice(half)];
  await cluster.send(first);
  await cluster.reached(Math.floor(first.length * 0.4));
  return [first, rest];
}

/** Waits until the API names every partition as one that does not progress, and holds its times against the clock. */
async function standStill(cluster: Cluster): Promise<void> {
  const begun = Date.now();
  const standing = await until('the API to name every partition', async () => {
    const { conditions } = await cluster.api.ready();
    const still = conditions.filter(({ type }) => type === 'InputPartitionNotProgressing');
    return still.length === PARTITIONS.length && still;
  });
  expect(standing.map(({ partition }) => partition)).toEqual(PARTITIONS);
  for (const { since } of standing) {
    // Looks are a second apart, so a partition may have moved on for a little longer than was seen.
    expect(Date.parse(since)).toBeGreaterThan(begun - STALLED_AFTER_MS - 5000);
    expect(Date.parse(since)).toBeLessThanOrEqual(Date.now() - STALLED_AFTER_MS);
  }
}

async function isReady(cluster: Cluster): Promise<void> {
  const ready = await until('the API to be ready', async () => {
    const answer = await cluster.api.ready();
    return answer.status === 'ready' && answer;
  });
  expect(ready.conditions).toEqual([]);
}

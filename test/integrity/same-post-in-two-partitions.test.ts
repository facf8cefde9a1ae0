// Duplicates are "expected": Azure/azure-sdk-for-net #17651.
import { expect, it } from 'vitest';
import {
  type Cluster,
  expectedOf,
  type Program,
  Rival,
  ScriptedDevice,
  startCluster,
  until,
  untilWaiting,
} from '../rig/index.ts';

const ROUNDS = 5;
/** Nobody who is slow loses a partition, so that each worker keeps the one that it has. */
const KEEPS_ITS_OWN = { TASHIKA_CLOUD_INGEST_OWNERSHIP_EXPIRATION_MS: '60000' };

it('counts a post once that two workers read at the same instant in two partitions', async () => {
  const cluster = await startCluster({ partitions: 2, env: KEEPS_ITS_OWN });
  const device = new ScriptedDevice(7);
  const sent = [device.post(0, [Date.now()])];
  await cluster.send(sent);
  await oneWorkerEach(cluster);
  await cluster.settled();

  const rival = await Rival.open(cluster);
  for (let round = 0; round < ROUNDS; round++) {
    const twice = samePostInBoth(device);
    sent.push(...twice);
    await rival.begin('SELECT FROM ledger FOR UPDATE');
    await cluster.send(twice);
    await untilWaiting(cluster, 2, 'FROM ledger');
    await rival.rollback();
    await cluster.settled();
  }
  await cluster.assertExact(expectedOf(sent));
});

it('counts the first post of a new stream once that two workers read at the same instant in two partitions', async () => {
  const cluster = await startCluster({ partitions: 2, env: KEEPS_ITS_OWN });
  await oneWorkerEach(cluster);

  const rival = await Rival.open(cluster);
  const sent = [];
  for (let round = 0; round < ROUNDS; round++) {
    const device = new ScriptedDevice(round);
    const twice = samePostInBoth(device);
    sent.push(...twice);
    // Somebody else has made the same row and may yet keep it: both workers wait to know.
    await rival.begin(
      `INSERT INTO ledger (imsi, stream, updated_at) VALUES ('${device.imsi}', '${device.stream}', now())`,
    );
    await cluster.send(twice);
    await untilWaiting(cluster, 2, 'INTO ledger');
    await rival.rollback();
    await cluster.settled();
  }
  await cluster.assertExact(expectedOf(sent));
});

function samePostInBoth(device: ScriptedDevice) {
  const seq = device.next;
  const times = [Date.now(), Date.now() - 60_000, Date.now() - 120_000];
  return [device.post(0, times, seq), device.post(1, times, seq)];
}

async function oneWorkerEach(cluster: Cluster): Promise<void> {
  const workers: Program[] = [cluster.startWorker(), cluster.startWorker()];
  await until('each worker to have one partition', async () => {
    const owned = await Promise.all(workers.map((worker) => cluster.ownedBy(worker)));
    return owned.every((partitions) => partitions.length === 1);
  });
  expect(workers.every(({ running }) => running)).toBe(true);
}

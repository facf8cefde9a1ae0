// The first hours of a long outage were missing, and nothing said so: opentelemetry-collector-contrib #48635.
import { expect, it } from 'vitest';
import { expectedOf, Rival, ScriptedDevice, startCluster, until, untilWaiting } from '../rig/index.ts';

const HOUR_MS = 3_600_000;

it('shows the number n as missing while only n+1 has been read, and heals when n comes, each in its own window', async () => {
  // Nobody who is slow loses a partition, so that each worker keeps the one that it has.
  const cluster = await startCluster({
    partitions: 2,
    env: { TASHIKA_CLOUD_INGEST_OWNERSHIP_EXPIRATION_MS: '60000' },
  });
  const device = new ScriptedDevice(3);
  const now = Date.now();
  const first = device.post(0, [now - 2 * HOUR_MS]);
  await cluster.send([first]);
  const workers = [cluster.startWorker(), cluster.startWorker()];
  await until('each worker to have one partition', async () => {
    const owned = await Promise.all(workers.map((worker) => cluster.ownedBy(worker)));
    return owned.every((partitions) => partitions.length === 1);
  });
  await cluster.settled();

  // The post of n is in a partition whose worker does not get on.
  const rival = await Rival.open(cluster);
  await rival.begin(`SELECT FROM partition WHERE partition_id = '1' FOR UPDATE`);
  const second = device.post(1, [now - HOUR_MS]);
  const third = device.post(0, [now]);
  await cluster.send([second]);
  await untilWaiting(cluster, 1, 'FROM partition');
  await cluster.send([third]);
  await until('n+1 to be counted', async () => (await cluster.committed()) === 2);
  const [meanwhile] = await cluster.api.devices();
  expect(meanwhile!.streams).toMatchObject([{ received: 2, through: 3, missing: [[2, 2]], missingReadings: 1 }]);
  expect(meanwhile!.completeness).toBeCloseTo(2 / 3, 3);

  await rival.rollback();
  await cluster.settled();
  const [healed] = await cluster.api.devices();
  expect(healed!.streams).toMatchObject([{ received: 3, through: 3, missing: [], missingReadings: 0 }]);
  expect(healed!.completeness).toBe(1);
  await cluster.assertExact(expectedOf([first, second, third]));
});

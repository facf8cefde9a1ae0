// Hours of a long outage were missing and nobody was told: open-telemetry/opentelemetry-collector-contrib #48635.
import { expect, it } from 'vitest';
import { expectedOf, SEED, startCluster, traffic, until } from '../rig/index.ts';

const PARTITIONS = 4;

it('tells how many events the hub let go while nobody read, shows them as missing, and counts all that remained', async () => {
  const cluster = await startCluster({ partitions: PARTITIONS });
  // One fleet's posts in the order of their being sent: before the outage, during it, and after it.
  const all = traffic({ seed: SEED, partitions: PARTITIONS, sims: 50, posts: 160 });
  const before = all.slice(0, all.length * 0.2);
  const during = all.slice(before.length, all.length * 0.8);
  const after = all.slice(before.length + during.length);
  await cluster.send(before);
  const worker = cluster.startWorker();
  await cluster.settled();
  expect(await worker.stop()).toBe(0);

  // For a while the hub keeps far less than what comes in.
  await cluster.broker.stop();
  await cluster.broker.start(['--retention-bytes', '65536', '--retention-hours', '0.006']);
  await cluster.send(during);
  const checkpoints = await cluster.partitions();
  await until('the hub to have let events go that are due in every partition', async () =>
    (await cluster.hubPartitions()).every(
      ({ partitionId, beginningSequenceNumber: begin }) => begin > checkpoints[Number(partitionId)]!.position! + 1,
    ),
  );
  await cluster.broker.stop();
  await cluster.broker.start();
  await cluster.send(after);

  const hub = await cluster.hubPartitions();
  const kept = all.filter((event, index) => {
    const number = all.slice(0, index).filter(({ partition }) => partition === event.partition).length;
    const { position } = checkpoints[Number(event.partition)]!;
    return number <= position! || number >= hub[Number(event.partition)]!.beginningSequenceNumber;
  });
  cluster.startWorker();
  await cluster.settled();

  const expected = expectedOf(kept);
  expect(kept.length).toBeLessThan(all.length);
  expect(kept.length).toBeGreaterThan(before.length + after.length);
  expect([...expected.streams.values()].some(({ missing }) => missing.length > 0)).toBe(true);
  await cluster.assertExact(expected);
  expect(await cluster.api.metric('tashika_skipped_events_total')).toBe(all.length - kept.length);
});

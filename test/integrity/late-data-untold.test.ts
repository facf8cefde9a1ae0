// Late data was dropped without anyone knowing: risingwavelabs/risingwave #23270.
import { expect, it } from 'vitest';
import { type Cluster, expectedOf, ScriptedDevice, startCluster, until, WindowSums } from '../rig/index.ts';

const LENGTH_MS = 1_000;
const SHORT_WINDOWS = {
  TASHIKA_CLOUD_WINDOWS_LENGTH_MS: String(LENGTH_MS),
  TASHIKA_CLOUD_WINDOWS_LATE_TOLERANCE_MS: '3000',
};

it('counts late readings in their own windows, and tells them: by late, by the revision, and by the metric', async () => {
  const { cluster, device, sent, time } = await afterAFinalWindow(SHORT_WINDOWS);
  const late = [
    device.post(0, [time, time, time - 60_000]),
    device.post(1, [time]), // a commit of its own, and so a revision of its own
  ];
  for (const event of late) {
    await cluster.send([event]);
    await cluster.settled();
  }

  expect(await tellings(cluster)).toEqual([
    { readings: 1, late: 1, state: 'revised', revision: 1 },
    { readings: 4, late: 3, state: 'revised', revision: 2 },
  ]);
  expect(await cluster.api.metric('tashika_late_input_events_total')).toBe(late.length);
  expect(await cluster.api.metric('tashika_revising_readings_total')).toBe(4);
  await cluster.assertExact(expectedOf([...sent, ...late], LENGTH_MS));
});

it('tells what it drops where it is told to drop: received, in no window, and in the metrics', async () => {
  const { cluster, device, sent, time } = await afterAFinalWindow({
    ...SHORT_WINDOWS,
    TASHIKA_CLOUD_WINDOWS_POLICY: 'stream-analytics',
    TASHIKA_CLOUD_WINDOWS_ACTION: 'drop',
  });
  const late = device.post(0, [time, time, time - 60_000]);
  await cluster.send([late]);
  await cluster.settled();

  expect(await tellings(cluster)).toEqual([{ readings: 1, late: 0, state: 'final', revision: 0 }]);
  const dropped = late.post.times.length;
  expect(await cluster.api.metric('tashika_late_input_events_total')).toBe(1);
  expect(await cluster.api.metric('tashika_dropped_readings_total')).toBe(dropped);
  const [told] = await cluster.api.devices();
  expect(told!.streams).toMatchObject([{ received: 1 + dropped, missing: [] }]);
  expect(WindowSums.of(await cluster.api.windows('?from=0')).toJSON()).toEqual(
    expectedOf(sent, LENGTH_MS).windows.toJSON(),
  );
});

/** One reading in time, and its window final. */
async function afterAFinalWindow(env: Readonly<Record<string, string>>) {
  const cluster = await startCluster({ partitions: 2, env });
  const device = new ScriptedDevice(1);
  const worker = cluster.startWorker();
  await until('the worker to read', async () => (await cluster.ownedBy(worker)).length === 2);
  const time = Date.now();
  const sent = [device.post(0, [time])];
  await cluster.send(sent);
  await cluster.settled();
  await until('its window to be final', async () => (await tellings(cluster)).every(({ state }) => state === 'final'));
  return { cluster, device, sent, time };
}

async function tellings(cluster: Cluster) {
  const windows = await cluster.api.windows('?from=0');
  return windows.map(({ readings, late, state, revision }) => ({ readings, late, state, revision }));
}

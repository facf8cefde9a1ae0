// Windows never close: redpanda-data/connect #1581. Idleness moved the watermark too far: apache/flink PR #5634.
import { expect, it } from 'vitest';
import {
  type Cluster,
  expectedOf,
  Rival,
  ScriptedDevice,
  startCluster,
  until,
  untilWaiting,
  type WindowCount,
} from '../rig/index.ts';

const LENGTH_MS = 1_000;
const SHORT_WINDOWS = {
  TASHIKA_CLOUD_WINDOWS_LENGTH_MS: String(LENGTH_MS),
  TASHIKA_CLOUD_WINDOWS_LATE_TOLERANCE_MS: '3000',
};

it('makes windows final while all partitions are idle, and counts what wakes one of them in its own window', async () => {
  const cluster = await startCluster({ partitions: 4, env: SHORT_WINDOWS });
  const device = new ScriptedDevice(1);
  const newest = Date.now();
  const first = device.post(0, [newest - 3_000, newest - 2_000, newest]);
  await cluster.send([first]);
  cluster.startWorker();
  await cluster.settled();
  const closed = await untilFinal(cluster);
  expect(closed.map(({ late, revision }) => [late, revision])).toEqual([
    [0, 0],
    [0, 0],
    [0, 0],
  ]);

  const woken = device.post(3, [newest, Date.now()]); // of a window that is final, and of one that is open
  await cluster.send([woken]);
  await cluster.settled();
  const windows = await untilFinal(cluster);
  expect(windows.slice(0, 2)).toEqual(closed.slice(0, 2));
  expect(windows[2]).toMatchObject({ readings: 2, late: 1, state: 'revised', revision: 1 });
  expect(windows[3]).toMatchObject({ readings: 1, late: 0, state: 'final', revision: 0 });
  await cluster.assertExact(expectedOf([first, woken], LENGTH_MS));
});

it('makes no window final that an event belongs to which arrived in time and is not committed yet', async () => {
  const cluster = await startCluster({ partitions: 2, env: SHORT_WINDOWS });
  const device = new ScriptedDevice(1);
  const first = device.post(1, [Date.now()]);
  await cluster.send([first]);
  cluster.startWorker();
  await cluster.settled();
  await untilFinal(cluster);

  const rival = await Rival.open(cluster);
  await rival.begin('SELECT FROM ledger FOR UPDATE');
  const time = Date.now();
  const held = device.post(1, [time]);
  await cluster.send([held]);
  await untilWaiting(cluster, 1, 'FROM ledger');
  const end = Math.ceil(time / LENGTH_MS) * LENGTH_MS;
  const watermarkOf = async (partition: string) => {
    const sql = 'SELECT watermark FROM partition WHERE partition_id = $1';
    return (await cluster.query<{ watermark: Date }>(sql, [partition]))[0]!.watermark.getTime();
  };
  await until('the idle partition to be beyond the window', async () => (await watermarkOf('0')) > end + LENGTH_MS);
  expect(await watermarkOf('1')).toBeLessThan(end);

  await rival.rollback();
  await cluster.settled();
  const windows = await untilFinal(cluster);
  expect(windows.at(-1)).toMatchObject({ readings: 1, late: 0, state: 'final', revision: 0 });
  await cluster.assertExact(expectedOf([first, held], LENGTH_MS));
});

/** All windows, once none of them is provisional. Nothing but the passing of time can bring that about. */
function untilFinal(cluster: Cluster): Promise<readonly WindowCount[]> {
  return until('all windows to be final', async () => {
    const windows = await cluster.api.windows('?from=0');
    return windows.every(({ state }) => state !== 'provisional') && windows;
  });
}

// One future-dated event poisons the watermark: lf-edge/ekuiper #530.
import { expect, it } from 'vitest';
import { expectedOf, ScriptedDevice, startCluster, until } from '../rig/index.ts';

const EARLY_TOLERANCE_MS = 300_000;
const SOON_MS = 5_000;
const HOUR_MS = 3_600_000;

it('keeps a device in the future from the watermark, and counts its readings when their time has come', async () => {
  const cluster = await startCluster({ partitions: 2 });
  const [astray, right] = [new ScriptedDevice(1), new ScriptedDevice(2)];
  const live = () => [right.post(0, [Date.now()]), right.post(1, [Date.now()])];
  const before = live();
  await cluster.send(before);
  cluster.startWorker();
  await cluster.settled();

  const now = Date.now();
  const anHour = astray.post(0, [now + HOUR_MS]);
  const half = astray.post(1, [now, now + HOUR_MS]);
  const soon = astray.post(0, [now + EARLY_TOLERANCE_MS + SOON_MS]);
  await cluster.send([anHour, half, soon]);
  await cluster.settled();
  const [row] = await cluster.query<{ watermark: Date }>('SELECT watermark FROM watermark');
  expect(row!.watermark.getTime()).toBeLessThanOrEqual(Date.now());

  const after = live();
  await cluster.send(after);
  await cluster.settled();
  expect((await cluster.api.windows('?from=0')).filter(({ late }) => late > 0)).toEqual([]);
  const { deadLetters, counts } = await cluster.api.deadLetters();
  expect(counts).toEqual({ 'event-too-early': 3 });
  expect(await cluster.api.metric('tashika_early_input_events_total')).toBe(3);

  // Nobody can say when the hour is over on this machine; the few seconds can be waited for.
  const redrive = async (letter: { readonly id: string | number }) => {
    const answer = await fetch(`${cluster.api.url}/api/dead-letters/${letter.id}/redrive`, { method: 'POST' });
    return ((await answer.json()) as { outcome: string }).outcome;
  };
  expect(await redrive(deadLetters[0]!)).toBe('still-refused');
  const itsTime = deadLetters.find(({ sample }) => sample.includes(`"seq":${soon.post.seq}`))!;
  await until('its time to have come', async () => (await redrive(itsTime)) === 'counted');

  const counted = [...before, { ...half, post: { ...half.post, times: [now] } }, soon, ...after];
  const expected = expectedOf(counted);
  await cluster.assertExact({ ...expected, events: expected.events + 1 }, { 'event-too-early': 2 });
});

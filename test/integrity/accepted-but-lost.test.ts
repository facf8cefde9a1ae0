import { startBeam } from '@tashika/deploy/local/beam';
import { seededChance } from '@tashika/shared/chance';
import { resolveRegion } from '@tashika/shared/regions';
import { expect, it, onTestFinished } from 'vitest';
import { type Pipeline, ReceiptedDevice, startPipeline, until, WindowSums } from '../rig/index.ts';

const DEVICES = 60;
const REPORTS = 25;
const KEY = 'the key that Beam signs with';
const NEVER_SO_MANY_ROUNDS = 30;

interface Completeness {
  readonly total: { readonly received: number; readonly missing: number; readonly completeness: number };
}

it('has every reading in the end, though Funnel answers 204 and loses every fifth post: receipts say what to send again', async () => {
  const pipeline = await startPipeline({
    faults: { lose: 0.2, double: 0.1, reorder: 0.1 },
    cloudEnv: { TASHIKA_CLOUD_BEAM_PRE_SHARED_KEY: KEY },
  });
  const beam = await startBeam({ destination: pipeline.api.url, preSharedKey: KEY });
  onTestFinished(() => beam.stop());
  const devices = Array.from({ length: DEVICES }, (_, number) => {
    const device = new ReceiptedDevice({
      address: `127.1.0.${number + 1}`,
      region: resolveRegion((number % 47) + 1)!,
      funnelUrl: `http://127.0.0.1:${pipeline.funnel.httpPort}/`,
      beamUrl: `http://127.0.0.1:${beam.port}/`,
    });
    onTestFinished(() => device.close());
    return device;
  });
  const taken = new WindowSums();
  const newest = Date.now();
  await all(devices, async (device, number) => {
    const chance = seededChance(4, number);
    for (let report = 0; report < REPORTS; report++) {
      const times = Array.from({ length: 1 + Math.floor(chance.next() * 3) }, () =>
        Math.floor(newest - chance.next() * 600_000),
      );
      for (const time of times) taken.took(device.region, time);
      await device.report(times);
    }
  });
  await pipeline.settled();

  // What is lost on the way is seen, but for what nothing came after.
  const before = await pipeline.api.get<Completeness>('/api/completeness');
  expect(before.total.missing).toBeGreaterThan(0);
  expect(before.total.completeness).toBeLessThan(1);
  expect(before.total.received + before.total.missing).toBeLessThanOrEqual(taken.total);
  expect(before.total.received).toBeLessThan(taken.total);

  // A device that gets no receipt forgets nothing.
  await pipeline.killCloud();
  expect(await devices[0]!.confirm()).toBe(false);
  expect(devices[0]!.unconfirmed).toBe(devices[0]!.taken);
  await pipeline.startCloud();

  const rounds = await sendUntilConfirmed(devices, pipeline);
  expect(rounds).toBeGreaterThan(1);

  // Everything taken has been counted, each reading in its own window, once.
  const counted = WindowSums.of(await pipeline.api.windows(`?from=${newest - 3_600_000}&to=${newest + 3_600_000}`));
  expect(counted.toJSON()).toEqual(taken.toJSON());
  const known = new Map(
    (await pipeline.api.devices()).flatMap(({ streams }) => streams.map((each) => [each.stream, each])),
  );
  for (const { stream, taken } of devices)
    expect(known.get(stream)).toEqual({
      stream,
      received: taken,
      through: taken,
      missing: [],
      missingReadings: 0,
      lost: 0,
      held: 0,
    });
  await until('the completeness to be told anew', async () => {
    const { total } = await pipeline.api.get<Completeness>('/api/completeness');
    return total.completeness === 1 && total.missing === 0 && total.received === taken.total;
  });
  expect(await pipeline.api.metric('tashika_readings_total')).toBe(taken.total);
  expect((await pipeline.api.deadLetters()).deadLetters).toEqual([]);

  // The faults were real.
  const posts = devices.reduce((sum, device) => sum + device.posts, 0);
  const { lost, doubled, reordered } = pipeline.funnel.stats.faults;
  expect(lost).toBeGreaterThan(posts * 0.15);
  expect(doubled).toBeGreaterThan(0);
  expect(reordered).toBeGreaterThan(0);
});

/** Rounds of receipts and of what they ask for, until every device has forgotten everything. Answers how many. */
async function sendUntilConfirmed(devices: readonly ReceiptedDevice[], pipeline: Pipeline): Promise<number> {
  for (let round = 1; round <= NEVER_SO_MANY_ROUNDS; round++) {
    await all(devices, async (device) => expect(await device.confirm()).toBe(true));
    const waiting = devices.filter((device) => device.unconfirmed > 0);
    if (waiting.length === 0) return round;
    await all(waiting, (device) => device.sendAgain());
    await pipeline.settled();
  }
  throw new Error(`Not whole after ${NEVER_SO_MANY_ROUNDS} rounds.`);
}

async function all<T>(these: readonly T[], what: (one: T, index: number) => Promise<unknown>): Promise<void> {
  await Promise.all(these.map(what));
}

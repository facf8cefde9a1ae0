import { join } from 'node:path';
import { startBeam } from '@tashika/deploy/local/beam';
import { type DecodedReading, decodePayload } from '@tashika/shared/telemetry';
import { expect, it, onTestFinished } from 'vitest';
import {
  freePort,
  type Pipeline,
  Program,
  startAgent,
  startPipeline,
  startPostTap,
  type TappedPost,
  until,
  WindowSums,
} from '../rig/index.ts';

const KEY = 'the key that Beam signs with';
/** Longer than Funnel delays a post and the cloud takes to count it. */
const SETTLE_MS = 800;
const ASKING = { address: '127.1.7.1', region: '38' };
const TRUSTING = { address: '127.1.7.2', region: '39' };

interface Health {
  readonly status: string;
  readonly spool: {
    readonly held: number;
    readonly unconfirmed: number;
    readonly again: number;
    readonly lost: number;
  };
  readonly receipts: {
    readonly answers: Readonly<Record<string, number>>;
    readonly resent: number;
    readonly unarrived: number;
    readonly failuresInRow: number;
  } | null;
}

it('makes whole what Funnel loses behind its 204, though Beam is away and the agent is killed in the middle', async () => {
  const pipeline = await startPipeline({
    faults: { lose: 0.2, double: 0.1, reorder: 0.1, delay: 0.1, delayMs: 250 },
    cloudEnv: { TASHIKA_CLOUD_BEAM_PRE_SHARED_KEY: KEY },
  });
  const tap = await startPostTap(`http://127.0.0.1:${pipeline.funnel.httpPort}/`);
  const beamPort = await freePort();
  const receipts = { url: `http://127.0.0.1:${beamPort}`, intervalMs: 200, settleMs: SETTLE_MS, timeoutMs: 2_000 };
  const start = async ({ address, region }: typeof ASKING, settings: object) => {
    const port = await freePort();
    const agent = startAgent(join(pipeline.directory, address), {
      region,
      clock: { trusted: 'always' },
      uplink: { url: tap.url, localAddress: address, batchAgeMs: 100 },
      spool: { fsyncMs: 50 },
      sensors: { system: { intervalMs: 100 } },
      health: { port },
      ...settings,
    });
    const url = `http://127.0.0.1:${port}`;
    return {
      agent,
      health: async () => (await (await fetch(`${url}/health`)).json()) as Health,
      metrics: async () => (await fetch(`${url}/metrics`)).text(),
    };
  };

  // Beam is away: everything is kept, and nothing is sent twice.
  const trusting = await start(TRUSTING, {});
  let asking = await start(ASKING, { receipts });
  const alone = await until('questions without an answer', async () => {
    const health = await asking.health();
    return (health.receipts?.answers.unavailable ?? 0) >= 2 && health;
  });
  expect(alone).toMatchObject({
    status: 'degraded',
    receipts: { answers: { receipt: 0 }, resent: 0 },
    spool: { again: 0 },
  });
  expect(alone.spool.unconfirmed).toBeGreaterThan(0);
  expect(sentTwice(tap.posts, ASKING.address)).toEqual([]);

  // Beam is back: what is missing is sent again.
  const openBeam = () => startBeam({ destination: pipeline.api.url, preSharedKey: KEY, port: beamPort });
  let beam = await openBeam();
  onTestFinished(() => beam.stop());
  const resends = (atLeast: number) =>
    until(
      `${atLeast} readings sent again`,
      async () => ((await asking.health()).receipts?.resent ?? 0) >= atLeast,
      60_000,
    );
  await resends(5);

  // Beam is away once more, in the middle: from no answer nothing is concluded, and nothing is given back or up.
  await beam.stop();
  const away = await until('more questions without an answer', async () => {
    const health = await asking.health();
    return (health.receipts?.failuresInRow ?? 0) >= 2 && health;
  });
  expect(away).toMatchObject({ status: 'degraded', receipts: { unarrived: 0 }, spool: { lost: 0 } });
  expect(away.spool.unconfirmed).toBeGreaterThan(0);
  beam = await openBeam();

  // The agent is killed while it sends again.
  await resends((away.receipts?.resent ?? 0) + 5);
  await asking.agent.kill9();
  asking = await start(ASKING, { receipts });
  await resends(5);
  expect(await asking.agent.stop()).toBe(0);
  expect(await trusting.agent.stop()).toBe(0);

  // What it took last is asked for and sent again, too, though nothing comes after it.
  asking = await start(ASKING, { receipts, sensors: { system: { enabled: false } } });
  const whole = await until(
    'everything to be confirmed',
    async () => {
      const health = await asking.health();
      const { held, unconfirmed, again } = health.spool;
      return held + unconfirmed + again === 0 && health;
    },
    150_000,
  );
  expect(whole).toMatchObject({ status: 'ok', spool: { lost: 0 }, receipts: { unarrived: 0 } });
  const metrics = await asking.metrics();
  expect(metrics).toMatch(/^tashika_edge_readings_unconfirmed 0$/m);
  expect(metrics).toMatch(/^tashika_edge_readings_unarrived 0$/m);
  expect(metrics).toMatch(/^tashika_edge_receipts_total\{result="receipt"\} [1-9]/m);
  expect(metrics).toMatch(/^tashika_edge_readings_resent_total \d+$/m);
  await pipeline.settled();

  // Every number has one content, and is counted once, in its window.
  const taken = readingsOf(tap.posts, ASKING.address);
  expect(await streamOf(pipeline, ASKING.region)).toMatchObject({
    received: taken.size,
    through: taken.size,
    missing: [],
    lost: 0,
    held: 0,
  });
  const expected = new WindowSums();
  for (const { time } of taken.values()) expected.took(ASKING.region, time);
  expect(WindowSums.of(await pipeline.api.windows(`?region=${ASKING.region}`)).toJSON()).toEqual(expected.toJSON());
  expect((await pipeline.api.deadLetters()).deadLetters).toEqual([]);

  // The check asks as the agent does, and the cloud takes Beam's signature.
  const configuration = join(pipeline.directory, ASKING.address, 'agent.json');
  const check = new Program('edge/dist/main.js', ['check', '--json', '--config', configuration]);
  await check.exited();
  const { checks } = JSON.parse(check.output) as { checks: { subject: string; verdict: string; detail: string }[] };
  expect(checks.find(({ subject }) => subject === 'receipts')).toMatchObject({
    verdict: 'ok',
    detail: expect.stringMatching(new RegExp(`signed as the cloud expects: .* the readings up to ${taken.size}\\.$`)),
  });

  // An agent that asks for no receipts sends once and frees at once; what Funnel lost of it is missing.
  expect(sentTwice(tap.posts, TRUSTING.address)).toEqual([]);
  const trusted = await streamOf(pipeline, TRUSTING.region);
  expect(trusted.missingReadings).toBeGreaterThan(0);

  // The faults were real.
  const { lost, doubled, reordered, delayed } = pipeline.funnel.stats.faults;
  expect(lost).toBeGreaterThan(tap.posts.length * 0.1);
  expect(Math.min(doubled, reordered, delayed)).toBeGreaterThan(0);
});

async function streamOf(pipeline: Pipeline, region: string) {
  const device = (await pipeline.api.devices()).find((each) => each.region === region)!;
  expect(device.streams).toHaveLength(1);
  return device.streams[0]!;
}

/** What a device's posts held, by number. */
function readingsOf(posts: readonly TappedPost[], source: string): ReadonlyMap<number, DecodedReading> {
  const readings = new Map<number, DecodedReading>();
  for (const { post } of posts.filter((each) => each.source === source)) {
    const decoded = decodePayload(JSON.parse(JSON.stringify(post)), Date.now());
    if (!decoded.ok) throw new Error(`A post that can not be decoded: ${JSON.stringify(post)}`);
    decoded.value.readings.forEach((reading, index) => {
      const number = post.seq! + index;
      const before = readings.get(number);
      if (before) expect(reading).toEqual(before);
      readings.set(number, reading);
    });
  }
  return readings;
}

/** Numbers that are in more than one post. */
function sentTwice(posts: readonly TappedPost[], source: string): number[] {
  const numbers = posts
    .filter((each) => each.source === source)
    .flatMap(({ post }) => post.pack.map((_, index) => post.seq! + index));
  return numbers.filter((number, index) => numbers.indexOf(number) !== index);
}

import { resolveRegion } from '@tashika/shared/regions';
import { newStream } from '@tashika/shared/telemetry';
import { expect, it } from 'vitest';
import { type Pipeline, SimLine, startPipeline, until, WindowSums } from '../rig/index.ts';

const SIMS = 200;
const MESSAGES = 20_000;
const MESSAGES_PER_SIM = MESSAGES / SIMS;

it(`counts ${MESSAGES} messages of ${SIMS} SIMs exactly once, while 5% are doubled, 5% reordered, the worker is killed three times and the broker once`, async () => {
  const pipeline = await startPipeline({ faults: { double: 0.05, reorder: 0.05 } });
  const taken = new WindowSums();
  const newest = Date.now();
  let accepted = 0;

  const kills = killsAlongTheWay(pipeline, () => accepted);
  await Promise.all(
    Array.from({ length: SIMS }, async (_, number) => {
      const sim = new ScriptedSim(number, pipeline.funnel.httpPort);
      for (let seq = 1; seq <= MESSAGES_PER_SIM; seq++) {
        const takenAt = newest - ((number * 7_919 + seq * 104_729) % 600_000); // spread over ten minutes
        taken.took(sim.region, takenAt);
        await sim.postUntilTaken(seq, takenAt);
        accepted++;
      }
      await sim.close();
    }),
  );
  expect(await kills).toEqual(['worker', 'broker', 'worker', 'worker']);
  await pipeline.settled();
  const { doubled, reordered } = pipeline.funnel.stats.faults;
  const devices = await pipeline.api.devices();

  // The sums per (window, region) are what the devices took.
  const counted = WindowSums.of(await pipeline.api.windows(`?from=${newest - 3_600_000}&to=${newest + 3_600_000}`));
  expect(counted.toJSON()).toEqual(taken.toJSON());
  expect(counted.total).toBe(MESSAGES);

  // The ledger shows every number of every SIM, and no gap.
  expect(devices).toHaveLength(SIMS);
  for (const { imsi, streams, completeness } of devices) {
    expect({ imsi, streams, completeness }).toEqual({
      imsi,
      streams: [
        {
          stream: expect.any(String),
          received: MESSAGES_PER_SIM,
          through: MESSAGES_PER_SIM,
          missing: [],
          missingReadings: 0,
          lost: 0,
          held: 0,
        },
      ],
      completeness: 1,
    });
  }
  expect((await pipeline.api.deadLetters()).deadLetters).toEqual([]);

  // The faults were real: what was doubled on the way was read twice, and counted once.
  expect(doubled).toBeGreaterThan(MESSAGES * 0.03);
  expect(reordered).toBeGreaterThan(MESSAGES * 0.03);
  expect(await pipeline.api.metric('tashika_readings_total')).toBe(MESSAGES);
  expect(await pipeline.api.metric('tashika_duplicate_readings_total')).toBeGreaterThanOrEqual(doubled);
});

/** Kills at fixed points of progress, not of time, so that a slow machine meets the same story. */
async function killsAlongTheWay(pipeline: Pipeline, accepted: () => number): Promise<string[]> {
  const story: string[] = [];
  const reached = (share: number) =>
    until(`${share} of the messages accepted`, () => accepted() >= MESSAGES * share, 240_000);
  const killWorker = async () => {
    await pipeline.killCloud();
    story.push('worker');
    await pipeline.startCloud();
  };
  await reached(0.2);
  await killWorker();
  await reached(0.4);
  await pipeline.killBroker();
  story.push('broker');
  await pipeline.startBroker();
  await reached(0.6);
  await killWorker();
  await reached(0.8);
  await killWorker();
  return story;
}

/** A device reduced to what the promise needs: it numbers its readings and posts each until Funnel has taken it. */
class ScriptedSim {
  readonly region: string;
  readonly #stream = newStream();
  readonly #url: string;
  readonly #line: SimLine;

  constructor(number: number, port: number) {
    this.region = resolveRegion((number % 47) + 1)!;
    this.#url = `http://127.0.0.1:${port}/`;
    this.#line = new SimLine(`127.1.0.${number + 1}`);
  }

  async postUntilTaken(seq: number, takenAt: number): Promise<void> {
    const pack = [{ n: 'count', v: seq, t: takenAt / 1000 }];
    const post = { v: 1, pref: this.region, stream: this.#stream, seq, held: MESSAGES_PER_SIM - seq, pack };
    await this.#line.postUntilTaken(this.#url, post);
  }

  close(): Promise<void> {
    return this.#line.close();
  }
}

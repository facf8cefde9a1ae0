import { startPostgres } from '../../postgres.ts';
import { type Result, told } from '../../result.ts';
import type { Scene } from '../../scene.ts';
import { missingTool } from './build.ts';
import { Hawkbit } from './hawkbit.ts';
import { IDLE, type KnownDevices, type MeasuredServer } from './measured.ts';
import { measurePolls, type Polled } from './polled.ts';
import { Tashika } from './tashika.ts';
import { updateUntil } from './updaters.ts';

/** Cumulative: what 10 devices, 1 %, 10 %, 50 % and all come to, of 2,000. */
const WAVES = [10, 20, 200, 1_000, 2_000] as const;
const installing: KnownDevices = { prefix: 'installing', count: WAVES.at(-1)! };
const failing: KnownDevices = { prefix: 'failing', count: WAVES.at(-1)! };

export interface HawkbitOptions {
  readonly warmSeconds: number;
  readonly seconds: number;
}

/**
 * Our server and hawkBit's update server at the same job, one after the other, each alone on the same PostgreSQL: polls
 * of devices that have nothing to do; an image that installs well everywhere and is bad in what its readings say; and an
 * image that fails to install.
 */
export async function hawkbit(scene: Scene, options: HawkbitOptions): Promise<readonly Result[]> {
  const missing = missingTool();
  if (missing !== undefined) {
    console.error(`hawkBit is not measured, ${missing}.`);
    process.exitCode = 1;
    return [];
  }
  const server = await startPostgres(scene.directory);
  try {
    const ours = await measureOurs(scene, await server.createDatabase(), options);
    const theirs = await measureHawkbit(scene, await server.createDatabase(), options);
    const [us, them] = [ours.polled, theirs.polled];
    return [
      ...resultsOf(ours.name, us),
      ...resultsOf(theirs.name, them),
      told('polls a second: ours ÷ hawkBit', us.perSecond / them.perSecond, 'ratio'),
      told('p99 of a poll: ours ÷ hawkBit', us.p99Ms / them.p99Ms, 'ratio'),
      told('resident memory: ours ÷ hawkBit', us.residentBytes / them.residentBytes, 'ratio'),
      told(`installs well, counts badly: ${theirs.name}, ${theirs.state}, touched of 2,000`, theirs.touched, 'devices'),
      told(`… time of that rollout, devices that ask every second`, theirs.seconds, 's'),
      ...[theirs, ours].map(({ name, failed }) =>
        told(`fails to install: ${name}, ${failed.state}, touched of 2,000`, failed.touched, 'devices'),
      ),
    ];
  } finally {
    await server.stop();
  }
}

interface Failed {
  readonly state: string;
  readonly touched: number;
}

async function measureOurs(scene: Scene, database: string, { warmSeconds, seconds }: HawkbitOptions) {
  const tashika = await Tashika.start(scene, database);
  try {
    await tashika.addDevices(IDLE);
    step('Tashika is up');
    const polled = await measurePolls(tashika, warmSeconds, seconds);
    step(`${polled.perSecond.toFixed(0)} polls/s`);
    await tashika.addDevices(failing);
    const id = await tashika.rollOut('failing', failing, WAVES);
    const isOver = async () => !['running', 'paused'].includes(await tashika.state(id));
    const touched = await updateUntil(tashika, failing, refuse, isOver);
    const state = await tashika.state(id);
    step(`an image that fails to install: ${state}, ${touched} touched`);
    const failed: Failed = { state, touched };
    return { name: tashika.name, polled, failed };
  } finally {
    await tashika.store.close();
    await scene.stop(tashika.process);
  }
}

async function measureHawkbit(scene: Scene, database: string, { warmSeconds, seconds }: HawkbitOptions) {
  const hawkbit = await Hawkbit.start(scene, database);
  try {
    step(`${hawkbit.name} is up`);
    await hawkbit.addDevices(IDLE);
    step('its devices are known');
    const polled = await measurePolls(hawkbit, warmSeconds, seconds);
    step(`${polled.perSecond.toFixed(0)} polls/s`);
    const image = await hawkbit.addImage('1.1.0', 'an agent\n');

    await hawkbit.addDevices(installing, WAVES);
    const began = performance.now();
    const badlyCounted = await hawkbit.rollOut('installing', image, installing, WAVES);
    const isAtRest = async (rollout: number) =>
      ['finished', 'paused', 'stopped'].includes(await hawkbit.state(rollout));
    const touched = await updateUntil(hawkbit, installing, accept, () => isAtRest(badlyCounted));
    const took = (performance.now() - began) / 1_000;
    step(`an image that installs well: ${await hawkbit.state(badlyCounted)}, ${touched} touched`);

    await hawkbit.addDevices(failing, WAVES);
    const refused = await hawkbit.rollOut('failing', image, failing, WAVES);
    const failed: Failed = {
      touched: await updateUntil(hawkbit, failing, refuse, () => isAtRest(refused)),
      state: await hawkbit.state(refused),
    };
    step(`an image that fails to install: ${failed.state}, ${failed.touched} touched`);
    return { name: hawkbit.name, polled, touched, state: await hawkbit.state(badlyCounted), seconds: took, failed };
  } finally {
    await scene.stop(hawkbit.process);
  }
}

function step(said: string): void {
  console.log(`  ${(performance.now() / 1_000).toFixed(0)} s: ${said}`);
}

/** The image installs: what is wrong with it shows in the readings, of which its updater knows nothing. */
function accept(): void {}

function refuse(): never {
  throw new Error('The image does not install.');
}

function resultsOf(name: MeasuredServer['name'], polled: Polled): readonly Result[] {
  const { answers } = polled;
  return [
    told(`${name}: polls a second, 10,000 devices with nothing to do`, polled.perSecond, 'polls/s'),
    told('… p50', polled.p50Ms, 'ms'),
    told('… p99', polled.p99Ms, 'ms'),
    told("… the process's CPU for a poll", polled.cpuMicroseconds, 'µs'),
    told('… its resident memory', polled.residentBytes / 2 ** 20, 'MiB'),
    told("… an answer's size, head included", answers.bytes, 'bytes'),
    told(`… different times to sleep in ${answers.looked} answers`, answers.sleeps, 'times'),
    told('… load average of the machine, this benchmark included', polled.load, 'processes'),
  ];
}

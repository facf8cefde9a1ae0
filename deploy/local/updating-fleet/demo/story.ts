import type { Rollout, RolloutList, RolloutSummary } from '@tashika/cloud/api/fleet';
import { isTashikaError, messageOf } from '@tashika/shared/errors';
import { formatImageName } from '@tashika/shared/image';
import type { Clock, Duration } from '@tashika/shared/time';
import type { FleetApi } from '../../../fleet/access.ts';
import { BAD, type DemoImage, GOOD, SIMULATED_BOARD } from './images.ts';

export interface StoryOptions {
  readonly api: FleetApi;
  /** Where the dashboard is. */
  readonly dashboard: string;
  readonly images: readonly DemoImage[];
  readonly devices: number;
  /** What the devices are watched for before anything is rolled out: their own past. */
  readonly pastMs: Duration;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly tell: (line: string) => void;
}

const BY = 'rollout demo';
/** Where `tashika fleet` asks if it is told nothing else. */
const STANDARD_API = 'http://127.0.0.1:8080/';
const LOOK_EVERY_MS: Duration = 1_000;
const ENDED: readonly string[] = ['rolled-back', 'completed', 'aborted'];
/** The wave that a bad image should not come past, then some more, then everybody. */
const WAVES = [{ devices: 10 }, { percent: 50 }, { percent: 100 }];
const SOAK_MINUTES = 0.5;

/**
 * Rolls the bad image out and tells what happens in a few lines, until it is rolled back or `signal` says stop. A rollout
 * that a former run has left unfinished is followed to its end first.
 */
export async function tellStory(options: StoryOptions): Promise<void> {
  const { api, clock, signal, tell } = options;
  try {
    const { rollouts } = await api.get<RolloutList>('rollouts');
    const former = rollouts.filter(({ id }) => numberOf(id) > 0);
    const unfinished = former.find(({ state }) => !ENDED.includes(state));
    const number = Math.max(0, ...former.map(({ id }) => numberOf(id))) + 1;
    const id = unfinished?.id ?? `demo-${number}`;
    if (unfinished) tell(`[rollout] Goes on with ${id}, which the last run left ${unfinished.state}.`);
    else if (number > 1) tell(`[rollout] What former runs rolled out is over; this is ${id}.`);
    // The same plan again is answered as it stands, so one that was planned and not started is begun in the same way.
    if (!unfinished || unfinished.state === 'draft') await begin(id, options);
    tell(`[rollout] Watch: ${options.dashboard}#/fleet/${id}   or: ${commandOf(options.dashboard, id)}`);
    await follow(id, unfinished, options);
  } catch (error) {
    if (!signal.aborted) tell(`[rollout] The demo can't go on: ${sentenceOf(error)}`);
  }

  function sentenceOf(error: unknown): string {
    return isTashikaError(error) ? `${error.code}: ${error.message}` : messageOf(error);
  }

  async function begin(id: string, { images, devices, pastMs }: StoryOptions): Promise<void> {
    tell(
      `[rollout] ${devices} devices run agent ${GOOD.version}. The gate will compare them with their own past, so they post for ${pastMs / 1_000} s first.`,
    );
    const past = clock.sleep(pastMs, signal);
    past.catch(() => {}); // told of below
    for (const image of images) await bringIn(api, image);
    await past;
    const image = formatImageName({ kind: 'agent', version: BAD.version });
    const target = { boards: [SIMULATED_BOARD] };
    const plan = { id, image, target, waves: WAVES, soakMinutes: SOAK_MINUTES, deviceTimeoutMinutes: 2 };
    await api.post<Rollout>('rollouts', { ...plan, by: BY });
    const started = await api.post<Rollout>(`rollouts/${id}/start`, { by: BY });
    const sizes = started.waves.map((wave) => wave.cumulative).join(', ');
    tell(
      `[rollout] ${id} rolls out ${image}, a bad one: every installation of it succeeds, and half of the readings are gone. Waves: ${sizes} devices.`,
    );
  }
}

async function bringIn(api: FleetApi, { record, sbom, bundleFile }: DemoImage): Promise<void> {
  const known = await api.find(`images/${formatImageName(record)}`);
  if (known) return;
  await api.upload(`bundles/${record.bundle.sha256}`, bundleFile, record.bundle.bytes, () => {});
  await api.post('images', { record, sbom, by: BY });
}

/** Says each thing that is new until the rollout has ended. */
async function follow(id: string, former: RolloutSummary | undefined, options: StoryOptions): Promise<void> {
  const { api, clock, signal, tell } = options;
  let wave = former?.wave ?? 0;
  let state: Rollout['state'] = former && former.state !== 'draft' ? former.state : 'running';
  let updated = 0;
  for (;;) {
    const rollout = await lookAt(api, id);
    if (rollout === undefined) {
      await clock.sleep(LOOK_EVERY_MS, signal);
      continue;
    }
    if (rollout.wave > wave) {
      if (wave > 0) tell(`[rollout] Wave ${wave} has passed.`);
      const { devices = 0 } = rollout.waves[rollout.wave - 1] ?? {};
      tell(`[rollout] Wave ${rollout.wave}: ${devices} devices are offered ${rollout.image}.`);
      wave = rollout.wave;
    }
    const current = rollout.waves[wave - 1];
    const running = current?.byState.updated ?? 0;
    if (rollout.state === 'running' && current && running === current.devices && updated < wave) {
      tell(
        `[rollout] All ${running} run it and say so themselves; an update server that believes them would call this a success. The gate watches them.`,
      );
      updated = wave;
    }
    if (rollout.state !== state) {
      if (isOff(rollout.state) && !isOff(state)) tell(`[rollout] ${haltOf(rollout)}`);
      if (rollout.state !== 'halted') tell(`[rollout] ${stateOf(rollout)}`);
      state = rollout.state;
    }
    if (ENDED.includes(rollout.state)) return;
    await clock.sleep(LOOK_EVERY_MS, signal);
  }
}

/** Undefined while the cloud program is being started again. */
async function lookAt(api: FleetApi, id: string): Promise<Rollout | undefined> {
  try {
    return await api.get<Rollout>(`rollouts/${id}`);
  } catch (error) {
    if (isTashikaError(error, 'API_UNREACHABLE')) return undefined;
    throw error;
  }
}

/** What somebody types in the checkout. */
function commandOf(dashboard: string, id: string): string {
  const api = dashboard === STANDARD_API ? '' : ` --api ${dashboard}`;
  return `deploy/command/tashika fleet rollout show ${id}${api}`;
}

/** Whether the gate has said its word against the image. */
function isOff(state: Rollout['state']): boolean {
  return state === 'halted' || state === 'rolling-back' || state === 'rolled-back';
}

function haltOf({ reason, failing, touched, devices }: Rollout): string {
  const by = failing.signal ? ` by the signal "${failing.signal}"` : '';
  return `HALTED${by} with ${touched} of ${devices} devices touched: ${reason}`;
}

function stateOf({ state, reason, byState }: Rollout): string {
  if (state === 'rolling-back') return `The devices that have it are offered ${GOOD.version} again.`;
  if (state === 'rolled-back')
    return `Rolled back: ${byState['rolled-back'] ?? 0} devices run ${GOOD.version} again. Nobody had to look.`;
  return `It is ${state}${reason ? `: ${reason}` : ''}`;
}

function numberOf(id: string): number {
  return Number(/^demo-(\d+)$/.exec(id)?.[1] ?? 0);
}

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FleetDevice, Rollout } from '@tashika/cloud/api/fleet';
import { startBeam } from '@tashika/deploy/local/beam';
import { type RaucScene, raucScene } from '@tashika/edge/update/testing';
import { onTestFinished } from 'vitest';
import { agentOfVersion, BOARD } from './agent-image.ts';
import { AgentUnit } from './agent-unit.ts';
import { temporaryDirectory } from './directory.ts';
import { type Pipeline, startPipeline } from './pipeline.ts';
import { Program } from './program.ts';
import { type Answered, tashika } from './tashika.ts';
import { until } from './until.ts';

const KEY = 'the key that Beam signs with';
/** A slot holds the agent as it is built, without its Node. */
const SLOT_BYTES = 8_388_608;
const ROUND_MS = 2_000;
/** Three rounds: a plan may say no less. */
const LEAST_SOAK_MINUTES = (3 * ROUND_MS) / 60_000;

export interface UpdatingSceneOptions {
  /** The device's SIM, as its source address. */
  readonly sim: string;
  readonly region: string;
  /** What the device runs at first. */
  readonly version: string;
}

/**
 * The cloud as in production (hub, worker, API, rollouts, on one store) with Beam before it, and a device whose agent is
 * in RAUC's slots, with its updater. No token is on the device, and nothing comes to it but by the ways of production.
 */
export interface UpdatingScene {
  readonly pipeline: Pipeline;
  /** Where images are left by their builds. */
  readonly images: string;
  readonly slots: RaucScene;
  readonly agent: AgentUnit;
  readonly updater: Program;
  /** The file in which the updater keeps what it is at. */
  readonly updaterState: string;
  /** The agent as it is built, as another version, in a tar that fits a slot. */
  agentOf(version: string, change?: (agent: string) => void): Buffer;
  /** `tashika fleet …`. */
  fleet<T>(...args: readonly string[]): Promise<Answered<T>>;
  /** Plans and starts a rollout to the one device, by `tashika fleet rollout`. */
  rollOut(id: string, image: string): Promise<void>;
  /** What `tashika fleet rollout show` answers, once the rollout has ended. */
  ended(id: string): Promise<Answered<Rollout>>;
  /** The device as the fleet has it, once its updater has told the cloud what it is. */
  device(): Promise<FleetDevice>;
}

export async function startUpdatingScene({ sim, region, version }: UpdatingSceneOptions): Promise<UpdatingScene> {
  const directory = temporaryDirectory();
  const at = (name: string) => join(directory, name);
  for (const name of ['updater', 'images', 'bundles']) mkdirSync(at(name));
  const slots = raucScene(at('slots'), SLOT_BYTES);
  const agentOf: UpdatingScene['agentOf'] = (of, change) => agentOfVersion(of, directory, change);
  writeFileSync(slots.slotFile('A'), agentOf(version));
  const pipeline = await startPipeline({
    cloudEnv: {
      TASHIKA_CLOUD_BEAM_PRE_SHARED_KEY: KEY,
      TASHIKA_CLOUD_FLEET_BUNDLES: `folder:${at('bundles')}`,
      TASHIKA_CLOUD_FLEET_KEYRING_FILE: slots.signer.certificate,
      TASHIKA_CLOUD_FLEET_POLL_MS: '1000',
      TASHIKA_CLOUD_FLEET_TICK_MS: '500',
      TASHIKA_CLOUD_FLEET_SAMPLE_MS: String(ROUND_MS),
    },
  });
  const beam = await startBeam({ destination: pipeline.api.url, preSharedKey: KEY });
  onTestFinished(() => beam.stop());
  const configuration = at('config.json');
  const settings = {
    region,
    dataDirectory: at('data'),
    metadata: { userData: false },
    clock: { trusted: 'always' },
    uplink: { url: `http://127.0.0.1:${pipeline.funnel.httpPort}`, localAddress: sim, batchAgeMs: 100 },
    spool: { fsyncMs: 50 },
    sensors: { system: { intervalMs: 100 } },
    update: {
      url: `http://127.0.0.1:${beam.port}`,
      directory: at('updater'),
      proofFile: at('agent-proof.json'),
      systemImageFile: at('none'),
      agent: { rauc: slots.conf, slots: [slots.slotProgram] },
      bytesPerSecond: 50_000_000,
      freeBytes: 0,
      pollMs: 1_000,
      lookMs: 100,
    },
  };
  writeFileSync(configuration, JSON.stringify(settings));
  const agent = new AgentUnit(slots, directory, configuration);
  agent.start();
  const updater = new Program('edge/dist/main.js', ['update', '--config', configuration]);

  const fleet: UpdatingScene['fleet'] = (...args) => tashika(pipeline.api.url, 'fleet', ...args);
  return {
    ...{ pipeline, images: at('images'), slots, agent, updater, agentOf, fleet },
    updaterState: join(at('updater'), 'update.json'),
    async rollOut(id, image) {
      const plan = at(`${id}.json`);
      const waves = [{ percent: 100 }];
      writeFileSync(
        plan,
        JSON.stringify({ id, image, target: { boards: [BOARD] }, waves, soakMinutes: LEAST_SOAK_MINUTES }),
      );
      for (const args of [
        ['plan', plan],
        ['start', id],
      ]) {
        const { code, said } = await fleet('rollout', ...args);
        if (code !== 0) throw new Error(`tashika fleet rollout ${args.join(' ')} ended with ${code}: ${said}`);
      }
    },
    async ended(id) {
      await until(
        `${id} to end`,
        async () => (await pipeline.api.get<Rollout>(`/api/fleet/rollouts/${id}`)).endedAt !== null,
        90_000,
      );
      return fleet<Rollout>('rollout', 'show', id);
    },
    async device() {
      const [, id] = await updater.printed(/"controllerId":"([^"]+)"/);
      return until(
        `${id} to be known`,
        async () => {
          const known = await pipeline.api.get<FleetDevice>(`/api/fleet/devices/${id}`);
          return known.board !== null && known.region !== null && known.agentVersion !== null && known;
        },
        60_000,
      );
    },
  };
}

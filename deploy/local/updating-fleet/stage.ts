import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeThrowawaySigner } from '@tashika/cloud/fleet/registry/signature';
import type { Logger, Store } from '@tashika/cloud/store';
import { type Duration, TestClock, type Timestamp } from '@tashika/shared/time';
import { BOARDS, type ModelFleetOptions } from './model/index.ts';
import { ROLLOUT, type Stage } from './play.ts';
import type { Scenario } from './scenarios.ts';
import { SimulatedServer, type SimulatedServerOptions } from './server.ts';
import { simulatedImage } from './simulated-image.ts';
import { Simulation } from './simulation.ts';

export interface StageOptions {
  /** An empty one, or one that `openStage` has given a past with the same seed, devices and times. */
  readonly store: Store;
  /** For bundles and the keyring; the same for all stages over copies of one store. */
  readonly directory: string;
  readonly scenario: Scenario;
  readonly devices: number;
  readonly seed: number;
  /** How long the fleet is watched before the rollout, in ms. */
  readonly pastMs: Duration;
  readonly pollMs?: Duration;
  readonly habits?: ModelFleetOptions['habits'];
  readonly onTrouble?: (error: unknown) => void;
}

/** The version that all devices have, and the one that is rolled out. */
const OLD = '1.0.0';
const NEW = '1.1.0';
/** Of a round of the gate, and of a step of the model. */
const STEP_MS: Duration = 600_000;
/** By then even a device that posts every two hours has asked. */
const KNOWN_AFTER_MS: Duration = 4 * 3_600_000;
const BEGIN: Timestamp = Date.UTC(2026, 5, 1);
const TENANT = 'simulated';
const PRE_SHARED_KEY = 'the key of a simulated Beam';
const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** What a rollout of the simulations is, unless a test has another. */
export const PLAN = {
  id: ROLLOUT,
  image: `agent/${NEW}`,
  target: {},
  waves: [{ devices: 10 }, { percent: 1 }, { percent: 10 }, { percent: 50 }, { percent: 100 }],
  soakMinutes: 720,
} as const;

/**
 * The fleet with its past, both images in the registry, its updaters asking, and nothing rolled out yet. `another` is one
 * more server over the same store, or through what stands before it.
 */
export async function openStage(
  options: StageOptions,
): Promise<Stage & { readonly another: (through: Store) => Promise<SimulatedServer> }> {
  const { store, directory, scenario, devices, seed, pastMs, pollMs = 7_200_000, habits } = options;
  const clock = new TestClock(BEGIN);
  const serverOptions: SimulatedServerOptions = {
    ...{ store, clock, tenant: TENANT, preSharedKey: PRE_SHARED_KEY, sampleMs: STEP_MS, pollMs },
    bundles: `folder:${join(directory, 'bundles')}`,
    keyringFile: join(directory, 'keyring.pem'),
  };
  const hasPast = await bringInImages(serverOptions, directory);
  const simulation = await Simulation.open({
    ...{ store, clock, logger: silent, tenant: TENANT, preSharedKey: PRE_SHARED_KEY },
    effects: { [NEW]: scenario.effect },
    onTrouble:
      options.onTrouble ??
      ((error) => {
        throw error;
      }),
    fleet: {
      ...{ seed, devices, stepMs: STEP_MS, version: OLD, ...(habits && { habits }) },
      outages: scenario.outages?.(BEGIN + pastMs) ?? [],
    },
  });
  const server = await SimulatedServer.open(serverOptions);
  for (let left = pastMs; left > 0; left -= STEP_MS) {
    // The gate looks at devices whose updaters are known, so they ask at first; then they need not for days.
    simulation.asks(left > pastMs - KNOWN_AFTER_MS || left <= 2 * pollMs ? server.api : undefined);
    await simulation.step(!hasPast);
    if (!hasPast) await server.tick();
  }
  return {
    simulation,
    server,
    store,
    clock,
    another: (through) => SimulatedServer.open({ ...serverOptions, store: through }),
  };
}

/** False where they were not there yet. */
async function bringInImages(options: SimulatedServerOptions, directory: string): Promise<boolean> {
  const [known] = await options.store.query('SELECT true FROM image LIMIT 1');
  if (known) return true;
  const signer = makeThrowawaySigner('simulation');
  mkdirSync(directory, { recursive: true });
  writeFileSync(options.keyringFile, signer.caPem);
  const server = await SimulatedServer.open(options);
  const common = { signer, boards: BOARDS.map(({ board }) => board), builtAt: BEGIN };
  for (const [version, parent] of [
    [OLD, null],
    [NEW, OLD],
  ] as const)
    await server.bringIn(
      simulatedImage({
        ...common,
        version,
        parent: parent && { kind: 'agent', version: parent },
        payload: `agent ${version} of the model\n`,
      }),
    );
  await server.close();
  return false;
}

import { join } from 'node:path';
import type { Clock, Duration } from '@tashika/shared/time';
import { FleetApi } from '../../../fleet/access.ts';
import type { DeviceAgent } from '../../fleet/index.ts';
import { Agents } from './agents.ts';
import { GOOD, imagesIn, keyringIn, SIMULATED_BOARD } from './images.ts';
import { tellStory } from './story.ts';
import { startUpdaters } from './updaters.ts';

/** What the gate looks at is quick here: a round of a field takes ten minutes. Fewer than nine rounds are no past to it. */
const SAMPLE_MS: Duration = 2_000;
const POLL_MS: Duration = 3_000;
const TICK_MS: Duration = 1_000;
const PAST_MS: Duration = 32_000;
const TENANT = 'tashika';

export interface DemoOptions {
  /** The data directory of the run. */
  readonly data: string;
  readonly devices: number;
  readonly seed: number;
  readonly clock: Clock;
  /** Does what writes; false where it fails. */
  readonly attempt: (write: () => void) => boolean;
}

/** Where the parts of the demo find each other. */
export interface DemoAddresses {
  readonly dashboard: string;
  readonly beam: string;
}

/** A rollout of a bad image to the simulated fleet, for somebody to watch. */
export class RolloutDemo {
  readonly #options: DemoOptions;
  readonly #directory: string;
  readonly #agents: Agents;

  constructor(options: DemoOptions) {
    this.#options = options;
    this.#directory = join(options.data, 'rollout');
    this.#agents = new Agents(this.#directory, GOOD, options);
  }

  /** What the cloud program is told, beside what it is told anyway. */
  cloudEnvironment(): Readonly<Record<string, string>> {
    return {
      TASHIKA_CLOUD_FLEET_KEYRING_FILE: keyringIn(this.#directory),
      TASHIKA_CLOUD_FLEET_TENANT: TENANT,
      TASHIKA_CLOUD_FLEET_SAMPLE_MS: String(SAMPLE_MS),
      TASHIKA_CLOUD_FLEET_POLL_MS: String(POLL_MS),
      TASHIKA_CLOUD_FLEET_TICK_MS: String(TICK_MS),
      TASHIKA_CLOUD_FLEET_SAMPLES_DAYS: '1',
    };
  }

  /** What runs on the n-th device of the fleet. */
  agentOf(n: number): DeviceAgent {
    return this.#agents.of(n);
  }

  /** Lets the devices ask for updates and rolls the bad image out. */
  async start({ dashboard, beam }: DemoAddresses, tell: (line: string) => void): Promise<{ stop(): Promise<void> }> {
    const { devices, seed, clock } = this.#options;
    const updaters = await startUpdaters({
      ...{ devices, seed, clock, agents: this.#agents, beamUrl: beam },
      ...{ tenant: TENANT, board: SIMULATED_BOARD },
    });
    this.#agents.keep();
    const stopping = new AbortController();
    const { signal } = stopping;
    const story = tellStory({
      ...{ dashboard, devices, clock, signal, tell, pastMs: PAST_MS },
      api: new FleetApi(new URL(dashboard), clock, signal),
      images: imagesIn(this.#directory, clock.now()),
    });
    return {
      async stop() {
        stopping.abort();
        await story;
        await updaters.stop();
      },
    };
  }
}

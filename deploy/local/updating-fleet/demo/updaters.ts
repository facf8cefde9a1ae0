import { setMaxListeners } from 'node:events';
import { seededChance } from '@tashika/shared/chance';
import type { Clock, Duration } from '@tashika/shared/time';
import { type Installed, Updater } from '../updater.ts';
import type { Agents } from './agents.ts';
import { openBeamLine } from './beam-line.ts';
import { behaviourIn } from './behaviour.ts';

export interface UpdatersOptions {
  readonly devices: number;
  readonly agents: Agents;
  /** Beam's website entry point. */
  readonly beamUrl: string;
  readonly tenant: string;
  readonly board: string;
  readonly seed: number;
  readonly clock: Clock;
}

/** What the n-th simulated device calls itself. */
export function controllerIdOf(n: number): string {
  return `field-${String(n + 1).padStart(3, '0')}`;
}

const TRY_AGAIN_MS: Duration = 5_000;

/** Lets each simulated device ask for updates through Beam, and install what it is given, until it is stopped. */
export async function startUpdaters(options: UpdatersOptions): Promise<{ stop(): Promise<void> }> {
  const { devices, agents, beamUrl, tenant, board, seed, clock } = options;
  const line = await openBeamLine(beamUrl);
  const stopping = new AbortController();
  setMaxListeners(devices, stopping.signal); // each sleeps by it

  async function run(n: number): Promise<void> {
    const agent = agents.of(n);
    const chance = seededChance(seed, 'updater', n);
    const attributes = () => ({ board, agentVersion: agent.state.behaviour.version });
    const install = ({ bundle }: Installed) => agent.install(behaviourIn(bundle));
    const updater = new Updater({ tenant, controllerId: controllerIdOf(n), attributes, install }, line.from(n));
    let waitMs = chance.between(0, TRY_AGAIN_MS);
    for (;;) {
      await clock.sleep(waitMs, stopping.signal);
      try {
        waitMs = await updater.poll();
      } catch {
        // The cloud starts, or is stopped: asked again.
        waitMs = TRY_AGAIN_MS * chance.between(0.5, 1.5);
      }
    }
  }

  const running = Array.from({ length: devices }, (_, n) => run(n).catch(() => {}));
  return {
    async stop() {
      stopping.abort();
      line.close();
      await Promise.all(running);
    },
  };
}

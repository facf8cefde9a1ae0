import type { Clock } from '@tashika/shared/time';
import type { FleetSettings } from '../config/fleet.ts';
import type { Logger, Store } from '../store/index.ts';
import { ledgerGate, startSampler } from './gate/index.ts';
import { startCoordinator } from './rollout/index.ts';

/** What goes on by itself while there are rollouts. */
export interface RunningRollouts {
  /** Once the step under way is done. */
  stop(): Promise<void>;
}

/** Samples the ledger at the end of each round, and steps each rollout at each tick, judged by those samples. */
export function startRollouts(parts: {
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly settings: FleetSettings;
}): RunningRollouts {
  const sampler = startSampler(parts);
  const coordinator = startCoordinator({ ...parts, gate: ledgerGate(parts.settings) });
  return {
    async stop() {
      await Promise.all([sampler.stop(), coordinator.stop()]);
    },
  };
}

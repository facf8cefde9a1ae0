import type { Duration, TimerHandle } from '@tashika/shared/time';
import type { Logger } from 'pino';
import type { BootClock } from '../clock/index.ts';
import { type Proof, writeProof } from './proof.ts';

const LOOK_EVERY: Duration = 1_000;
/** An unchanged proof is written again after so long, so that a dead agent's grows old. */
const AGAIN_AFTER: Duration = 30_000;

/** What of the proof changes while an agent runs. */
export type ProofFacts = Pick<Proof, 'stored' | 'answered' | 'failuresInRow' | 'held'>;

export interface ProvingOptions {
  readonly file: string;
  readonly version: string;
  readonly clock: BootClock;
  readonly logger: Logger;
  readonly facts: () => ProofFacts;
}

/**
 * Writes the proof now and as it changes, until it is cancelled. An agent that can't write it runs all the same: where
 * there is no updater there is no directory for it.
 */
export function startProving({ file, version, clock, logger, facts }: ProvingOptions): TimerHandle {
  const { bootId } = clock;
  const startedAt = clock.monotonic();
  let timer: TimerHandle | undefined;
  let told: ProofFacts | undefined;
  let toldAt = Number.NEGATIVE_INFINITY;
  let ended = false;
  const look = async () => {
    const now = facts();
    const isNews =
      told === undefined ||
      told.stored !== now.stored ||
      told.answered !== now.answered ||
      told.failuresInRow > 0 !== now.failuresInRow > 0;
    if (isNews || clock.monotonic() - toldAt >= AGAIN_AFTER) {
      told = now;
      toldAt = clock.monotonic();
      try {
        await writeProof(file, { v: 1, version, bootId, startedAt, writtenAt: toldAt, ...now });
      } catch (err) {
        logger.debug({ err, file }, 'no updater is told how the agent is');
      }
    }
    if (!ended) timer = clock.after(LOOK_EVERY, () => void look());
  };
  void look();
  return {
    cancel: () => {
      ended = true;
      timer?.cancel();
    },
  };
}

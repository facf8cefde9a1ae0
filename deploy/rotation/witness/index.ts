import { messageOf } from '@tashika/shared/errors';
import { fingerprintOf } from '@tashika/shared/fingerprint';
import type { Clock, Duration, Timestamp } from '@tashika/shared/time';
import type { Witness } from '../ports.ts';
import type { HubProbe } from './hub.ts';
import { doubtsAboutListening, type WorkerSeen } from './listening.ts';
import { doubtsAboutSending } from './sending.ts';

export { type HubProbe, hubProbe } from './hub.ts';
export { doubtsAboutListening, type ListeningSeen, type WorkerSeen } from './listening.ts';
export { doubtsAboutSending, type SendingSeen } from './sending.ts';
export { askWorkers } from './workers.ts';

export interface SendingWitnessParts {
  readonly probe: Pick<HubProbe, 'asSender'>;
  /** The connection string with a key in it. */
  readonly connectionStringOf: (key: string) => Promise<string>;
  readonly failuresSince: (time: Timestamp) => Promise<{ failures: number; failure: string | undefined }>;
  readonly settleMs: Duration;
  readonly clock: Clock;
}

/** Sees whether Funnel sends with a key. */
export function sendingWitness(parts: SendingWitnessParts): Witness {
  const { probe, connectionStringOf, failuresSince, settleMs, clock } = parts;
  return {
    async doubts(key, soracom) {
      if (!soracom) return ["SORACOM's credential is gone."];
      const { updatedAt, lastUsedAt } = soracom;
      try {
        const hub = await probe.asSender(await connectionStringOf(key));
        // A failure from before the change, or that a while of quiet has followed, is about something else.
        const failed = await failuresSince(Math.max(updatedAt, clock.now() - settleMs));
        return doubtsAboutSending({ ...hub, ...failed, updatedAt, lastUsedAt }, settleMs);
      } catch (error) {
        return [messageOf(error)];
      }
    },
  };
}

export interface ListeningWitnessParts {
  readonly probe: Pick<HubProbe, 'asReader'>;
  readonly connectionStringOf: (key: string) => Promise<string>;
  readonly workers: () => Promise<{ workers: readonly WorkerSeen[] | undefined; unheard: string | undefined }>;
}

/** Sees whether every worker reads with a key. */
export function listeningWitness({ probe, connectionStringOf, workers }: ListeningWitnessParts): Witness {
  return {
    async doubts(key) {
      try {
        const refusal = await probe.asReader(await connectionStringOf(key));
        return doubtsAboutListening({ refusal, ...(await workers()) }, fingerprintOf(key));
      } catch (error) {
        return [messageOf(error)];
      }
    },
  };
}

import type { Duration } from '@tashika/shared/time';
import type { Logger } from 'pino';
import type { BootClock } from '../clock/index.ts';
import { jitteredDelays } from '../retry/index.ts';
import type { UpdateSettings } from './config.ts';
import type { DayBytes } from './day-bytes.ts';
import type { DdiClient } from './ddi.ts';
import type { Device } from './device.ts';
import type { Moment } from './fact.ts';
import type { Installers } from './installer.ts';

/** Between attempts that failed. */
export const RETRY = { firstMs: 10_000, mostMs: 3_600_000 };

/** What an updater works with. */
export interface UpdaterParts {
  readonly settings: UpdateSettings;
  readonly client: DdiClient;
  readonly installers: Installers;
  readonly device: Device;
  readonly clock: BootClock;
  /** Numbers from 0 to 1, for jitter. */
  readonly random: () => number;
  readonly logger: Logger;
  /** What the day may cost; undefined is without a limit. */
  readonly dayBytes: DayBytes | undefined;
}

/** How long to wait after the first failure, the second, and so on. */
export function newDelays({ random }: Pick<UpdaterParts, 'random'>): Generator<Duration, never> {
  return jitteredDelays(RETRY, random);
}

/** Now, with the boot that it is of. */
export function momentNow({ clock }: Pick<UpdaterParts, 'clock'>): Moment {
  return { bootId: clock.bootId, monotonic: clock.monotonic() };
}

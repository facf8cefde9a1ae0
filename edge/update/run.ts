import { takeDataDirectory } from '@tashika/shared/data-directory';
import { TashikaError } from '@tashika/shared/errors';
import type { Logger } from 'pino';
import { machineClock } from '../clock/index.ts';
import { configurationOf, type EdgeConfiguration, type LocalSettings } from '../config/index.ts';
import { keptUserData } from '../provisioning/index.ts';
import { openUpdater, type UpdaterSurroundings } from './open.ts';

export interface RunOptions {
  readonly local: LocalSettings;
  readonly loggerOf: (configuration: EdgeConfiguration) => Logger;
  readonly stop: AbortSignal;
  /** Ask once, and bring to its end what is there. */
  readonly once: boolean;
  readonly parts?: Partial<Pick<UpdaterSurroundings, 'clock' | 'random' | 'installers' | 'serialFile'>>;
}

/**
 * `tashika-edge update`: the updater, until `stop`. It is configured as the agent is, by the group's last good user data
 * and the device's own settings, and asks for no user data itself.
 *
 * @returns the exit code: 0, or 1 where it was to ask once and could not
 * @throws TashikaError `CONFIG_INVALID`, `DATA_DIRECTORY_IN_USE` where another updater runs, `DATA_DIRECTORY_UNWRITABLE`,
 * `DISK_FULL`, `DISK_READ_ONLY`
 */
export async function runUpdater({ local, loggerOf, stop, once, parts = {} }: RunOptions): Promise<number> {
  const configuration = await configurationHere(local);
  const { update } = configuration;
  const logger = loggerOf(configuration);
  if (update.url === undefined)
    throw new TashikaError('CONFIG_INVALID', 'update.url is not set: there is nobody to ask for updates.');
  const lock = await takeDataDirectory(update.directory);
  try {
    const opened = await openUpdater(configuration, {
      ...{ clock: machineClock(), random: Math.random, logger, url: update.url },
      ...parts,
    });
    try {
      logger.info({ controllerId: opened.controllerId, url: update.url }, 'the updater runs');
      const reached = await opened.updater.run(stop, once);
      return once && !reached ? 1 : 0;
    } finally {
      await opened.close();
    }
  } finally {
    await lock.release();
  }
}

/** What the agent beside it runs with: the day's bytes are most often set by the group. */
async function configurationHere(local: LocalSettings): Promise<EdgeConfiguration> {
  const own = configurationOf(local);
  if (!own.metadata.userData) return own;
  try {
    const { accepted } = await keptUserData(own.dataDirectory);
    return accepted === undefined ? own : configurationOf(local, JSON.parse(accepted) as object);
  } catch {
    return own; // an agent of another version may have accepted what this one does not know
  }
}

import { takeDataDirectory } from '@tashika/shared/data-directory';
import { isTashikaError } from '@tashika/shared/errors';
import type { Clock, Duration, TimerHandle } from '@tashika/shared/time';
import type { Logger } from 'pino';
import { type Agent, type AgentParts, startAgent } from '../agent.ts';
import { machineClock } from '../clock/index.ts';
import { configurationOf, type EdgeConfiguration, type LocalSettings } from '../config/index.ts';
import { imageVersion } from '../image-file/index.ts';
import { Provisioner, type ProvisioningState, summaryOf } from '../provisioning/index.ts';
import { countStart } from '../starts/index.ts';
import { VERSION } from '../version.ts';
import { Feeding, type ServiceManager } from '../watchdog/index.ts';
import { collectGarbage } from './garbage.ts';
import { tellDaily } from './self-report.ts';

/**
 * How long readings at hand are sent for at the end. The whole end takes 10 s at most: 2 s are left for what must let
 * go then, such as the command that resets a modem.
 */
const DRAIN: Duration = 8_000;
/** How long sensors may take to let their devices go before another agent is started. */
const CHANGEOVER: Duration = 10_000;

/** How often a disk that refuses is looked at, while a new configuration waits for it. */
const DISK_PAUSE: Duration = 1_000;

/** What is wrong with the device, whatever its configuration says. */
const NOT_OF_THE_CONFIGURATION = [
  'DATA_DIRECTORY_IN_USE',
  'DATA_DIRECTORY_UNWRITABLE',
  'DISK_FULL',
  'DISK_READ_ONLY',
  'PORT_BUSY',
] as const;

export interface LifeOptions {
  readonly local: LocalSettings;
  /** The logger of an agent so configured. */
  readonly loggerOf: (configuration: EdgeConfiguration) => Logger;
  /** Aborted when the agent is to end. */
  readonly stop: AbortSignal;
  /** Told how the agent is, where one started it. */
  readonly manager?: ServiceManager | undefined;
  readonly parts?: Pick<AgentParts, 'clock' | 'random' | 'sensors' | 'probes'>;
}

/**
 * An agent's life: it is started with what its group's user data and the device's own settings say, and started again
 * inside the process when the user data change. Every reading is in the spool meanwhile. Resolves after `stop`.
 *
 * @throws TashikaError as `startAgent` does; what only new user data bring about sends it back to the last good ones
 */
export async function live({ local, loggerOf, stop, manager, parts = {} }: LifeOptions): Promise<void> {
  const { clock = machineClock(), random = Math.random } = parts;
  let agent: Agent | undefined;
  const onState = (state: ProvisioningState) => agent?.report('configuration', summaryOf(state));
  const own = configurationOf(local);
  const ownLogger = loggerOf(own);
  // User data can't move it. It is taken before anything is written there, the user data among it.
  const lock = await takeDataDirectory(own.dataDirectory);
  const starts = await countStart(own.dataDirectory, ownLogger);
  const system = await imageVersion(own.update.systemImageFile);
  let telling: TimerHandle | undefined;
  const provisioner = new Provisioner({ local, clock, random, logger: ownLogger, onState });
  const look = () => agent?.look();
  const feeding = manager && new Feeding({ manager, clock, logger: ownLogger, look });
  const collecting = collectGarbage(clock);
  const stopped = new Promise<void>((resolve) => {
    if (stop.aborted) resolve();
    stop.addEventListener('abort', () => resolve(), { once: true });
  });
  try {
    await Promise.race([provisioner.start(), stopped]);
    while (!stop.aborted) {
      const { configuration, groupRegion } = await provisioner.choose();
      const logger = loggerOf(configuration);
      const provisioning = () => provisioner.state;
      try {
        agent = await startAgent(configuration, {
          ...{ ...parts, clock, random, logger, groupRegion, provisioning },
          ...{ lock, ending: stop },
        });
      } catch (error) {
        if (isOfTheDevice(error)) await provisioner.withdraw();
        else if (await provisioner.failed(error)) continue;
        throw error;
      }
      telling ??= tellDaily({ version: VERSION, starts, system }, clock, () => agent);
      provisioner.running();
      await manager?.tell('READY=1', `STATUS=${agent.look().status}`);
      feeding?.start();
      await Promise.race([provisioner.changed, stopped]);
      // What waits in memory for the disk would end with the agent.
      while (!stop.aborted && agent.figures.spool.diskRefuses)
        await clock.sleep(DISK_PAUSE, stop).catch(() => undefined);
      const running = agent;
      agent = undefined;
      if (stop.aborted) {
        void manager?.tell('STOPPING=1');
        logger.info('stopping: readings at hand are made durable and sent; a second signal stops at once');
        await within(clock, DRAIN, (deadline) => running.stop(deadline));
      } else {
        logger.info('the configuration has changed; the agent starts again with it');
        await within(clock, CHANGEOVER, (deadline) => running.stop(deadline, AbortSignal.abort()));
      }
    }
  } finally {
    telling?.cancel();
    collecting.cancel();
    feeding?.stop();
    await provisioner.stop();
    await lock.release();
  }
}

/** Runs `end` with a signal that is aborted after `mostMs`. */
async function within(clock: Clock, mostMs: Duration, end: (deadline: AbortSignal) => Promise<void>): Promise<void> {
  const over = new AbortController();
  const timer = clock.after(mostMs, () => over.abort());
  await end(over.signal).finally(() => timer.cancel());
}

function isOfTheDevice(error: unknown): boolean {
  return NOT_OF_THE_CONFIGURATION.some((code) => isTashikaError(error, code));
}

import type { Logger } from 'pino';
import { type BootClock, DaysMeter, SynchronisationWatch } from '../clock/index.ts';
import type { EdgeConfiguration } from '../config/index.ts';
import { socketAirBytes } from '../uplink/air-bytes.ts';
import { OthersUse } from '../uplink/others-use.ts';
import { keptUse, UseFile } from '../uplink/use-file.ts';
import { controllerIdIn } from './controller-id.ts';
import { DayBytes } from './day-bytes.ts';
import { DdiClient } from './ddi.ts';
import { Device } from './device.ts';
import type { Installers } from './installer.ts';
import { raucInstaller } from './rauc.ts';
import { Updater } from './updater.ts';

export interface OpenUpdater {
  readonly updater: Updater;
  readonly controllerId: string;
  close(): Promise<void>;
}

export interface UpdaterSurroundings {
  /** Where updates are asked for. */
  readonly url: string;
  readonly clock: BootClock;
  readonly random: () => number;
  readonly logger: Logger;
  /** Instead of RAUC. */
  readonly installers?: Installers | undefined;
  /** Where the board tells its serial number. */
  readonly serialFile?: string | undefined;
}

/** How the images of each kind are installed here. */
export function raucInstallers({ update }: Pick<EdgeConfiguration, 'update'>): Installers {
  const of = ({ rauc, slots }: { readonly rauc: string; readonly slots: readonly string[] }) =>
    raucInstaller({ conf: rauc, slots, installMs: update.installMs });
  return { agent: of(update.agent), system: of(update.system) };
}

/** An updater as it is configured, with who it is and what the day has cost. Its directory must be there. */
export async function openUpdater(
  configuration: Pick<EdgeConfiguration, 'update' | 'uplink' | 'dataDirectory' | 'clock'>,
  { url, clock, random, logger, installers, serialFile }: UpdaterSurroundings,
): Promise<OpenUpdater> {
  const { uplink, dataDirectory } = configuration;
  const { dailyBytes } = uplink;
  // A post may wait for company for longer than a trial lasts.
  const trialMs = Math.max(configuration.update.trialMs, 2 * uplink.batchAgeMs + uplink.timeoutMs);
  const settings = { ...configuration.update, trialMs };
  const controllerId = await controllerIdIn(settings.directory, serialFile);
  const synchronisation = new SynchronisationWatch({ trust: configuration.clock.trusted, clock });
  await synchronisation.start();
  const synced = () => synchronisation.synced;
  const used = await keptUse(settings.directory);
  const own = new DaysMeter({ clock, synced, used });
  // It keeps a fiftieth of what it is told from being written: of one that is killed again and again that would be more.
  const kept = Math.min(dailyBytes ?? Number.POSITIVE_INFINITY, 50 * settings.pieceBytes);
  const file = new UseFile(settings.directory, kept, used, logger);
  const client = new DdiClient({
    ...settings,
    url,
    controllerId,
    localAddress: uplink.localAddress,
    onBytes: (read, written, isNew) => {
      own.add(socketAirBytes(read, written, isNew));
      if (dailyBytes !== undefined) file.keep(own.use);
    },
  });
  const updater = await Updater.open({
    ...{ settings, client, clock, random, logger },
    installers: installers ?? raucInstallers(configuration),
    device: new Device(settings, dataDirectory, clock),
    dayBytes:
      dailyBytes === undefined
        ? undefined
        : new DayBytes({
            dailyBytes,
            share: settings.dailyShare,
            own,
            file,
            agents: new OthersUse(dataDirectory, clock),
            synced,
            clock,
          }),
  });
  return {
    updater,
    controllerId,
    async close() {
      synchronisation.stop();
      await client.close();
      if (dailyBytes !== undefined) await file.save(own.use);
    },
  };
}

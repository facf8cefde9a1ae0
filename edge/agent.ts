import type { Logger } from 'pino';
import { type BootClock, machineClock, SynchronisationWatch } from './clock/index.ts';
import type { EdgeConfiguration } from './config/index.ts';
import { type AgentFigures, type HealthServer, startHealth } from './health/index.ts';
import { Intake } from './intake.ts';
import { RegionFinder } from './region/index.ts';
import { createSensors, type SensorSource } from './sensors/index.ts';
import { openSpool } from './spool/index.ts';
import { spoolLog } from './spool-log.ts';
import { httpLink, Uplink } from './uplink/index.ts';

export interface Agent {
  readonly figures: AgentFigures;
  /** Port of the health server, where one is configured. */
  readonly healthPort: number | undefined;
  /** Takes no more readings, makes those at hand durable, tries to send them until `deadline`, and ends. */
  stop(deadline: AbortSignal): Promise<void>;
}

export interface AgentParts {
  readonly logger: Logger;
  readonly clock?: BootClock;
  /** Numbers from 0 to 1 for jitter. */
  readonly random?: () => number;
  /** Instead of the configured sensors. */
  readonly sensors?: readonly SensorSource[];
}

/**
 * The whole agent: sensors → intake → spool → uplink.
 *
 * @throws TashikaError `DATA_DIRECTORY_IN_USE`, `DATA_DIRECTORY_UNWRITABLE`, `DISK_FULL`, `PORT_BUSY`, `CONFIG_INVALID`
 */
export async function startAgent(configuration: EdgeConfiguration, parts: AgentParts): Promise<Agent> {
  const { logger, clock = machineClock(), random = Math.random } = parts;
  const { dataDirectory, uplink: link } = configuration;
  const sensors = parts.sensors ?? createSensors(configuration.sensors, { clock, logger });
  const synchronisation = new SynchronisationWatch({ trust: configuration.clock.trusted, clock });
  const { bootId } = clock;
  const opened = await openSpool(dataDirectory, { ...configuration.spool, clock, bootId, report: spoolLog(logger) });
  const { spool } = opened;

  const metadata = { ...configuration.metadata, localAddress: link.localAddress };
  const region = new RegionFinder({ configured: configuration.region, metadata, dataDirectory, clock, random, logger });
  const uplink = new Uplink({
    ...link,
    spool,
    link: httpLink(link),
    region,
    clock,
    synced: () => synchronisation.synced,
    retry: { firstMs: link.retryFirstMs, mostMs: link.retryMostMs },
    random,
    logger,
  });
  const intake = new Intake({ spool, clock, synced: () => synchronisation.synced, logger });
  const figures = (): AgentFigures => ({
    region: region.current,
    synced: synchronisation.synced,
    refused: intake.refused,
    spool: spool.figures,
    disk: opened.meter,
    uplink: uplink.figures,
    sensors: intake.states,
  });

  let health: HealthServer | undefined;
  try {
    const { host, port } = configuration.health;
    if (port !== undefined) health = await startHealth({ host, port }, figures);
  } catch (error) {
    await opened.close();
    throw error;
  }
  await Promise.all([synchronisation.start(), region.start()]);
  uplink.start();
  await Promise.all(sensors.map((sensor) => sensor.start(intake.sinkOf(sensor.name))));
  logger.info(
    { stream: spool.figures.stream, held: spool.figures.held, sensors: sensors.map(({ name }) => name), to: link.url },
    'the agent runs',
  );

  return {
    get figures() {
      return figures();
    },
    healthPort: health?.port,
    async stop(deadline) {
      await within(deadline, Promise.all(sensors.map((sensor) => sensor.stop())));
      intake.close();
      await spool.flush();
      await uplink.drain(deadline);
      await region.stop();
      synchronisation.stop();
      await health?.stop();
      const { held } = spool.figures;
      await opened.close();
      logger.info({ held }, 'the agent has stopped');
    },
  };
}

/** A device that hangs must not keep the readings of the others from the disk. */
async function within(deadline: AbortSignal, done: Promise<unknown>): Promise<void> {
  if (deadline.aborted) return;
  await new Promise<void>((resolve) => {
    deadline.addEventListener('abort', () => resolve(), { once: true });
    done.then(
      () => resolve(),
      () => resolve(),
    );
  });
}

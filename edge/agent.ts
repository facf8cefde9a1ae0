import type { DirectoryLock } from '@tashika/shared/data-directory';
import type { Duration, TimerHandle } from '@tashika/shared/time';
import type { Logger } from 'pino';
import {
  type BootClock,
  machineClock,
  SYSTEM_PROBES,
  type SynchronisationProbe,
  SynchronisationWatch,
} from './clock/index.ts';
import type { EdgeConfiguration } from './config/index.ts';
import type { AgentFigures, HealthServer } from './health/index.ts';
import { Intake } from './intake.ts';
import { travelOf } from './position/index.ts';
import { startProving } from './proof/index.ts';
import type { ProvisioningState } from './provisioning/index.ts';
import { openReceipts } from './receipts/index.ts';
import { RegionFinder } from './region/index.ts';
import { createSensors, type SensorSource } from './sensors/index.ts';
import { openSpool } from './spool/index.ts';
import { spoolLog } from './spool-log.ts';
import type { SeenUpdater } from './update/seen-updater.ts';
import { OthersUse, openWayOut, Uplink } from './uplink/index.ts';
import { VERSION } from './version.ts';
import { type Look, stallOf, statusOf, tracked, type Vitals, Work } from './watchdog/index.ts';

/** How long the sensors of an agent that could not be started may take to let their devices go. */
const GIVE_UP_AFTER: Duration = 5_000;

export interface Agent {
  readonly figures: AgentFigures;
  /** Whether the agent gets on with its work, for a watchdog. */
  look(): Look;
  /** Port of the health server, where one is configured. */
  readonly healthPort: number | undefined;
  /** Says something of the agent itself upward, as the reading `agent/<name>`. */
  report(name: string, value: number | string | boolean, unit?: string): void;
  /**
   * Takes no more readings, makes those at hand durable, tries to send them, and ends. A sensor that hangs is left
   * behind at `deadline`, and sending stops at `drainUntil`.
   */
  stop(deadline: AbortSignal, drainUntil?: AbortSignal): Promise<void>;
}

export interface AgentParts {
  readonly logger: Logger;
  readonly clock?: BootClock;
  /** Numbers from 0 to 1 for jitter. */
  readonly random?: () => number;
  /** Instead of the configured sensors. */
  readonly sensors?: readonly SensorSource[];
  /** Who is asked whether the wall clock is right, instead of the system. */
  readonly probes?: readonly SynchronisationProbe[] | undefined;
  /** The region of a SIM without a tag. */
  readonly groupRegion?: string | undefined;
  /** What configures the agent, for its figures. */
  readonly provisioning?: () => ProvisioningState | undefined;
  /** Of who has the data directory already; left out, the agent takes it for itself. */
  readonly lock?: DirectoryLock | undefined;
  /** Aborted when the agent is to end, also while it starts: then nothing is waited for that may hang. */
  readonly ending?: AbortSignal | undefined;
}

/**
 * The whole agent: sensors → intake → spool → uplink, and back: receipts → spool.
 *
 * @throws TashikaError `DATA_DIRECTORY_IN_USE`, `DATA_DIRECTORY_UNWRITABLE`, `DISK_FULL`, `DISK_READ_ONLY`,
 * `PORT_BUSY`, `CONFIG_INVALID`
 */
export async function startAgent(configuration: EdgeConfiguration, parts: AgentParts): Promise<Agent> {
  const { logger, clock = machineClock(), random = Math.random, ending = new AbortController().signal } = parts;
  const { dataDirectory, uplink: link } = configuration;
  const travel = await travelOf(configuration.sensors, clock);
  const sensors = parts.sensors ?? createSensors(configuration.sensors, { clock, logger, onPosition: travel?.fix });
  const { probes = SYSTEM_PROBES } = parts;
  const synchronisation = new SynchronisationWatch({ trust: configuration.clock.trusted, clock, probes });
  const { bootId } = clock;
  const opened = await openSpool(dataDirectory, {
    ...configuration.spool,
    lock: parts.lock,
    clock,
    bootId,
    synced: () => synchronisation.synced,
    keepUntilConfirmed: configuration.receipts.url !== undefined,
    // What waits for company is no backlog.
    liveMs: 60_000 + 2 * link.batchAgeMs,
    report: spoolLog(logger, clock),
  });
  const { spool } = opened;

  const metadata = { ...configuration.metadata, localAddress: link.localAddress };
  const region = new RegionFinder({
    configured: configuration.region,
    fallback: parts.groupRegion,
    metadata,
    dataDirectory,
    clock,
    random,
    logger,
  });
  const work = { appends: new Work(clock), spool: new Work(clock), posts: new Work(clock) };
  const synced = () => synchronisation.synced;
  const { update } = configuration;
  const others = update.url === undefined ? undefined : new OthersUse(update.directory, clock);
  const wayOut = await openWayOut(link, { dataDirectory, clock, synced, logger, others }).catch(async (error) => {
    await opened.close(); // another configuration may be tried in this process
    throw error;
  });
  const receipts = openReceipts(configuration.receipts, {
    localAddress: link.localAddress,
    unconfirmedBytes: configuration.spool.unconfirmedBytes,
    allowance: wayOut.allowance,
    spend: (bytes) => wayOut.spend(bytes),
    spool,
    clock,
    random,
    logger,
  });
  const uplink = new Uplink({
    ...link,
    batchBytes: wayOut.batchBytes,
    allowance: wayOut.allowance,
    spool: tracked(receipts?.watching(spool) ?? spool, ['read', 'acknowledge', 'giveUp'], work.spool),
    link: tracked(wayOut.link, ['post'], work.posts),
    region,
    clock,
    synced: () => synchronisation.synced,
    retry: { firstMs: link.retryFirstMs, mostMs: link.retryMostMs },
    replay: { share: link.replayShare, speed: link.replaySpeed },
    random,
    logger,
  });
  const intake = new Intake({
    spool: tracked(spool, ['append'], work.appends),
    clock,
    synced: () => synchronisation.synced,
    logger,
  });
  let updater: SeenUpdater | undefined;
  const figures = (): AgentFigures => ({
    provisioning: parts.provisioning?.(),
    region: travel?.region ?? region.current,
    synced: synchronisation.synced,
    refused: intake.refused,
    spool: spool.figures,
    disk: opened.meter,
    uplink: { ...uplink.figures, ...wayOut.figures },
    receipts: receipts?.figures,
    update: updater?.figures,
    sensors: new Map(
      sensors.map(({ name, figures = { failures: 0, heldBack: 0 } }) => [
        name,
        { ...intake.statusOf(name), ...figures },
      ]),
    ),
  });

  const look = (): Look => {
    const seen = figures();
    const vitals: Vitals = {
      now: clock.monotonic(),
      appends: work.appends.state,
      spool: work.spool.state,
      posts: work.posts.state,
      diskRefuses: seen.spool.diskRefuses,
      // Nothing is posted before the SIM's own region is known, wherever a moving device is.
      hasToSend: seen.spool.held > 0 && region.current !== undefined,
    };
    const postMs = link.timeoutMs + (link.resetCommand === undefined ? 0 : link.resetTimeoutMs);
    return { stall: stallOf(vitals, { postMs }), status: statusOf(seen) };
  };

  let health: HealthServer | undefined;
  let proving: TimerHandle | undefined;
  async function stop(deadline: AbortSignal, drainUntil: AbortSignal): Promise<void> {
    proving?.cancel();
    updater?.stop();
    await within(deadline, Promise.all(sensors.map((sensor) => sensor.stop())));
    intake.close();
    await receipts?.stop();
    await spool.flush();
    await uplink.drain(drainUntil);
    await wayOut.close();
    await region.stop();
    synchronisation.stop();
    await health?.stop();
    await opened.close();
  }

  try {
    const { host, port } = configuration.health;
    if (port !== undefined) {
      // Without a port, what makes metrics would lie in memory for nothing.
      if (update.url !== undefined) {
        const { SeenUpdater } = await import('./update/seen-updater.ts');
        updater = new SeenUpdater(update.directory, { clock, synced });
        await updater.start();
      }
      const { startHealth } = await import('./health/index.ts');
      health = await startHealth({ host, port }, figures);
    }
    await Promise.all([within(ending, synchronisation.start()), region.start()]);
    uplink.start();
    receipts?.start();
    const sinkOf = (name: string) => travel?.located(intake.sinkOf(name)) ?? intake.sinkOf(name);
    await Promise.all(sensors.map((sensor) => sensor.start(sinkOf(sensor.name))));
    proving = startProving({
      ...{ file: update.proofFile, version: VERSION, clock, logger },
      facts: () => ({
        stored: intake.stored,
        answered: uplink.figures.readingsAccepted > 0,
        failuresInRow: uplink.figures.failuresInRow,
        held: spool.figures.held,
      }),
    });
  } catch (error) {
    await stop(AbortSignal.timeout(GIVE_UP_AFTER), AbortSignal.abort());
    throw error;
  }
  const { newer } = spool.figures;
  if (newer.length > 0) intake.report('spool-left', newer.map(({ stream }) => stream).join(' '));
  logger.info(
    { stream: spool.figures.stream, held: spool.figures.held, sensors: sensors.map(({ name }) => name), to: link.url },
    'the agent runs',
  );

  return {
    get figures() {
      return figures();
    },
    look,
    healthPort: health?.port,
    report: (name, value, unit) => intake.report(name, value, unit),
    async stop(deadline, drainUntil = deadline) {
      await stop(deadline, drainUntil);
      const { held, lost, diskRefuses, memoryBytes } = spool.figures;
      logger.info({ held, lost }, 'the agent has stopped');
      if (diskRefuses && memoryBytes > 0)
        logger.error(
          { memoryBytes },
          'the disk took no readings to the end: those that waited in memory are gone; the cloud is told of those whose numbers it could note',
        );
    },
  };
}

/** Waits until `deadline` at most: what hangs must not keep the readings of others from the disk. */
async function within(deadline: AbortSignal, done: Promise<unknown>): Promise<void> {
  if (deadline.aborted) return;
  await new Promise<void>((resolve) => {
    const over = () => {
      deadline.removeEventListener('abort', over);
      resolve();
    };
    deadline.addEventListener('abort', over, { once: true });
    done.then(over, over);
  });
}

import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { isStoreMismatch, isTashikaError, messageOf, TashikaError } from '@tashika/shared/errors';
import type { Clock } from '@tashika/shared/time';
import type { CloudConfiguration } from './config/index.ts';
import {
  GroupCommit,
  HubClock,
  type HubCredential,
  HubInspector,
  HubReader,
  type HubSettings,
  type HubTrouble,
  hubAddressOf,
  hubKeyOf,
  hubSettingsOf,
  type PartitionProgress,
  type PartitionStanding,
  partitionPositions,
  registerPartitions,
  removeWorker,
  StoredCheckpoints,
  saveStandings,
  saveWorker,
  standingOf,
  tickIdle,
  withKey,
} from './ingest/index.ts';
import { startTrimmer, windowsKeptMs } from './retention/index.ts';
import type { Sealing } from './sealing/index.ts';
import type { Fault, Logger, Store } from './store/index.ts';
import { policyOf } from './windows/index.ts';

/** What a worker tells about itself; each method is called at the moment it happens. */
export interface WorkerMetrics {
  /** A commit stands: what it added, per partition. */
  committed?(progress: readonly PartitionProgress[], durationMs: number): void;
  /** A commit failed; it is tried again, or taken apart if the fault is in the data. */
  commitFailed?(fault: Fault): void;
  /** The connection to Event Hubs was replaced because a partition stood still. */
  readerReplaced?(): void;
}

export interface WorkerParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics?: WorkerMetrics;
  /** What seals chosen values; without it all is stored in clear. */
  readonly sealing?: Sealing | undefined;
  /** Who the program is to the hub where `eventHubs.auth` is `managed-identity`. */
  readonly identity?: HubCredential | undefined;
  /** Called each time that the hub refuses the key. */
  readonly keyRefused?: (() => void) | undefined;
}

/** How the worker stands with the hub and its partitions. */
export interface WorkerProgress {
  /** Whether it has told once, in the store, how it stands with the hub. */
  readonly looked: boolean;
  /** Why the hub does not answer, in words that say what to do; null while it does. */
  readonly trouble: HubTrouble | null;
  /** The partitions that this worker owns. */
  readonly partitions: readonly PartitionStanding[];
}

export interface Worker {
  readonly progress: WorkerProgress;
  /**
   * Reads on with another key for the same hub: tries it beside the one in use, then starts a new client with it. What
   * the former one had in hand is fenced off and read again.
   *
   * @throws TashikaError EVENT_HUBS_UNAUTHORIZED, EVENT_HUBS_UNREACHABLE, CONFIG_INVALID where it is for another hub;
   *   the former key stays in use then
   */
  changeKey(connectionString: string): Promise<void>;
  /** Commits what has been read, gives the partitions back, and closes the connections. */
  stop(): Promise<void>;
}

/** A key that is to be tried at the next look. */
interface OfferedKey {
  readonly connectionString: string;
  resolve(): void;
  reject(error: unknown): void;
}

const LOOK_EVERY_MS = 1000;
const DRAIN_WITHIN_MS = 5000;

/**
 * Starts to read the hub and to commit what is read. It starts whether or not Event Hubs answers, and goes on by
 * itself when it does. Its store stays open when it stops.
 */
export async function startWorker(configuration: CloudConfiguration, parts: WorkerParts): Promise<Worker> {
  const { store, clock, logger, metrics = {}, sealing } = parts;
  let eventHubs = hubSettingsOf(configuration, parts.identity);
  const { ingest, windows, retention } = configuration;
  const policy = policyOf(windows);
  const hub = hubAddressOf(eventHubs);
  const checkpoints = new StoredCheckpoints(store, hub, clock);
  // The lock on the directory says that whoever owned partitions there is no more.
  if (store.driver === 'pglite') await checkpoints.releaseAll();
  let inspector = new HubInspector(eventHubs, clock);
  const hubClock = new HubClock();
  const commits = new GroupCommit({
    store,
    hub,
    policy,
    sealing,
    windowsKeptMs: windowsKeptMs(retention),
    clock,
    logger,
    ...(metrics.committed && { onCommitted: metrics.committed.bind(metrics) }),
    ...(metrics.commitFailed && { onFailed: metrics.commitFailed.bind(metrics) }),
  });
  const stopping = new AbortController();
  const standings = new Map<string, PartitionStanding>();
  const workerId = `${hostname().slice(0, 32)}-${process.pid}-${randomBytes(4).toString('hex')}`;
  let trouble: HubTrouble | null = null;
  let looked = false;
  let storeAnswers = true;
  let reader: HubReader | undefined;
  let offered: OfferedKey | undefined;
  /** The hub that is being read, by the time at which it was made. */
  let registered: number | undefined;

  /** Where the key may not read, no partition is taken from a worker whose key may. @throws TashikaError */
  async function startReader(partitionIds: readonly string[]): Promise<void> {
    await inspector.mayRead(partitionIds[0]!);
    if (stopping.signal.aborted) return;
    reader = new HubReader({
      eventHubs,
      ingest,
      checkpoints,
      clock,
      logger,
      commit: (batch) => commits.submit(batch),
    });
    reader.start();
  }

  /** Tries the key that was offered; the reader of the former one is stopped, and this look starts another. */
  async function takeOfferedKey(): Promise<void> {
    const offer = offered;
    if (!offer) return;
    offered = undefined;
    try {
      const another = withKey(eventHubs, offer.connectionString);
      const trial = await inspectorOf(another);
      const former = inspector;
      [eventHubs, inspector] = [another, trial];
      await Promise.all([former.close(), stopReader()]);
      offer.resolve();
    } catch (error) {
      offer.reject(error);
      if (!isTashikaError(error)) throw error; // the store's
    }
  }

  /** An inspector that the hub has let in. @throws TashikaError */
  async function inspectorOf(another: HubSettings): Promise<HubInspector> {
    const { namespace } = hubAddressOf(another);
    if (namespace !== hub.namespace)
      throw new TashikaError(
        'CONFIG_INVALID',
        `the new connection string is for the namespace ${namespace}, and ${hub.namespace} is being read: give one for that, or restart with eventHubs.namespace if it is the same hub.`,
      );
    const trial = new HubInspector(another, clock);
    try {
      const { partitionIds } = await trial.hub();
      await trial.mayRead(partitionIds[0]!);
      return trial;
    } catch (error) {
      await trial.close();
      throw error;
    }
  }

  /** One look at hub and store: makes the first connection, moves idle watermarks, and replaces a stuck reader. */
  async function look(): Promise<void> {
    await takeOfferedKey();
    const hubFacts = await inspector.hub();
    if (hubFacts.createdAt !== registered) {
      await stopReader(); // the hub was made anew while it was read
      await registerPartitions(store, hub, hubFacts, policy);
      registered = hubFacts.createdAt;
    }
    if (!reader) await startReader(hubFacts.partitionIds);
    if (!reader || stopping.signal.aborted) return;
    const { ownerId } = reader;
    const positions = await partitionPositions(store, hub);
    const owned = positions.filter((partition) => partition.ownerId === ownerId);
    const askedAt = clock.monotonic();
    for (const { lastArrival } of positions) if (lastArrival !== null) hubClock.observe(lastArrival, askedAt);
    const arrivedUntil = hubClock.atLeast(askedAt);
    const facts = await inspector.partitions(owned.map((partition) => partition.partitionId));
    const seen = owned.map(({ partitionId, position }) =>
      standingOf(
        standings.get(partitionId),
        { partitionId, position, facts: facts.get(partitionId)!, monotonic: clock.monotonic() },
        ingest.stalledAfterMs,
      ),
    );
    tellChanges(seen);
    standings.clear();
    for (const standing of seen) standings.set(standing.partitionId, standing);
    await saveStandings(store, hub, seen);
    const idle = seen
      .filter((standing) => standing.state === 'caught-up')
      .map(({ partitionId, position }) => ({ partitionId, ownerId, position, arrivedUntil }));
    await tickIdle(store, hub, idle, windows, clock.now());
    if (seen.some((standing) => standing.state === 'stalled')) await replaceReader(hubFacts.partitionIds);
  }

  async function replaceReader(partitionIds: readonly string[]): Promise<void> {
    logger.warn({ owner: reader!.ownerId }, 'a partition stands still although the hub has events; reconnecting');
    metrics.readerReplaced?.();
    await stopReader();
    if (!stopping.signal.aborted) await startReader(partitionIds);
  }

  async function stopReader(): Promise<void> {
    standings.clear();
    const former = reader;
    reader = undefined; // whether or not the store lets it give its partitions back: its client is closed
    await former?.close();
  }

  function tellChanges(seen: readonly PartitionStanding[]): void {
    for (const { partitionId: partition, state, backlog, position } of seen) {
      const before = standings.get(partition)?.state;
      if (before === state) continue;
      const fields = { partition, state, backlog, position };
      if (state === 'rewound')
        logger.error(fields, 'the hub ends before the checkpoint: it is not the hub that was read');
      else if (state === 'stalled') logger.warn(fields, 'InputPartitionNotProgressing');
      else logger.debug(fields, 'a partition changed its state');
    }
  }

  async function lookForEver(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await lookAndTell();
        if (!storeAnswers) logger.info({}, 'the store answers again');
        storeAnswers = true;
      } catch (error) {
        if (storeAnswers) logger.warn({ error: messageOf(error) }, 'the store does not answer');
        storeAnswers = false;
      }
      await clock.sleep(LOOK_EVERY_MS, stopping.signal).catch(() => {});
    }
  }

  /** Looks, and tells in the store what the hub says to it. @throws what the store throws */
  async function lookAndTell(): Promise<void> {
    try {
      await look();
      if (trouble)
        logger.info({}, isStoreMismatch(trouble.code) ? 'the store is of this pipeline' : 'Event Hubs answers again');
      trouble = null;
    } catch (error) {
      if (!isTashikaError(error)) throw error;
      const { code, message } = error;
      if (code === 'EVENT_HUBS_UNAUTHORIZED') parts.keyRefused?.();
      if (trouble?.code !== code) {
        const fields = { code, error: message };
        if (isStoreMismatch(code)) logger.error(fields, 'the store is not of this pipeline');
        else logger.warn(fields, 'the hub cannot be looked at');
      }
      trouble = { code, message, since: trouble?.since ?? clock.now() };
    }
    await saveWorker(store, workerId, trouble, hubKeyOf(eventHubs.connectionString));
    looked = true;
  }

  const looking = lookForEver();
  const endTrimming = startTrimmer({ store, clock, logger, retention });
  return {
    get progress() {
      return { looked, trouble, partitions: [...standings.values()] };
    },
    changeKey(connectionString) {
      return new Promise((resolve, reject) => {
        if (stopping.signal.aborted) return reject(stopping.signal.reason);
        offered?.reject(new Error('another key was offered'));
        offered = { connectionString, resolve, reject };
      });
    },
    async stop() {
      stopping.abort(new Error('the worker is stopping'));
      offered?.reject(stopping.signal.reason);
      offered = undefined;
      reader?.stopReading();
      const trimmed = endTrimming();
      await commits.close(DRAIN_WITHIN_MS);
      await Promise.all([reader?.close(), inspector.close()]);
      await Promise.all([looking, trimmed]);
      await inspector.close(); // the look that was under way may have made another
      await removeWorker(store, workerId).catch((error) =>
        logger.debug({ error: messageOf(error) }, 'the worker could not be taken off the list'),
      );
    },
  };
}

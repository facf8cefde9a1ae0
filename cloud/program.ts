import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TashikaError } from '@tashika/shared/errors';
import type { Clock } from '@tashika/shared/time';
import type { FastifyBaseLogger } from 'fastify';
import { closeApi, createApi, createWorkerApi, listen, requireFreePort, requireLoopback } from './api/index.ts';
import type { CloudConfiguration } from './config/index.ts';
import { openBundles } from './fleet/bundles/index.ts';
import { Updaters } from './fleet/ddi/index.ts';
import { type RunningRollouts, startRollouts } from './fleet/index.ts';
import { ImageRegistry } from './fleet/registry/index.ts';
import { hubSettingsOf, redrive, redriveSweep } from './ingest/index.ts';
import { type RegionCompleteness, regionCompleteness } from './ledger/index.ts';
import { createMetrics, type Metrics } from './metrics/index.ts';
import type { BeamSettings } from './receipts/index.ts';
import { windowsKeptMs } from './retention/index.ts';
import { type Opening, openingBy, openSealing, type Sealing } from './sealing/index.ts';
import { HubIdentity, openSecrets, type SecretSource } from './secrets/index.ts';
import { openStore, type Store } from './store/index.ts';
import { startWorker, type Worker } from './worker.ts';

/** What a process does: commit what the hub has, answer for it, or both. */
export type Role = 'worker' | 'api' | 'all';

export interface ProgramParts {
  readonly clock: Clock;
  readonly logger: FastifyBaseLogger;
  /** The environment beyond the configuration: where Azure says how to ask for a managed identity. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Ends the start where it stands: what has started is stopped again. */
  readonly signal?: AbortSignal | undefined;
}

/** A running program. */
export interface Program {
  /** Where the API listens; in a process that only works, where it tells its health and metrics. */
  readonly url: string;
  /** Takes no more requests, commits what has been read, ends the live streams, and closes the store. */
  stop(): Promise<void>;
}

/**
 * Starts the parts that `role` asks for, each after those it stands on. If one does not start, those that have are
 * stopped again.
 *
 * @throws the reason of `signal` where that was aborted meanwhile
 * @throws TashikaError ADDRESS_REFUSED, PORT_BUSY, CONFIG_INVALID, and those of openSecrets and openStore
 */
export async function startProgram(
  role: Role,
  configuration: CloudConfiguration,
  { clock, logger, env = {}, signal }: ProgramParts,
): Promise<Program> {
  requireSharedStore(role, configuration.store.url);
  requireHubKey(role, configuration);
  const section = role === 'worker' ? 'worker' : 'api';
  requireLoopback(configuration[section].host, section);
  const webDirectory = role === 'worker' ? undefined : dashboardOf(configuration, logger);
  await requireFreePort(configuration[section], section);
  const secrets = await unlessAborted(
    openSecrets(role, configuration, { clock, logger, env }),
    (late) => late.stop(),
    signal,
  );
  try {
    const running = await startWith(secrets, role, withSecrets(configuration, secrets), {
      clock,
      logger,
      env,
      signal,
      webDirectory,
    });
    return {
      url: running.url,
      async stop() {
        try {
          await running.stop();
        } finally {
          await secrets.stop();
        }
      },
    };
  } catch (error) {
    await secrets.stop();
    throw error;
  }
}

/** The configuration with what the source has: the parts take a secret to begin with, and are told of newer ones. */
function withSecrets(configuration: CloudConfiguration, { eventHubs }: SecretSource): CloudConfiguration {
  if (!eventHubs) return configuration;
  return { ...configuration, eventHubs: { ...configuration.eventHubs, connectionString: eventHubs.value } };
}

async function startWith(
  secrets: SecretSource,
  role: Role,
  configuration: CloudConfiguration,
  { clock, logger, env = {}, signal, webDirectory }: ProgramParts & { readonly webDirectory: string | undefined },
): Promise<Program> {
  const store = await openStoreUnlessAborted(configuration.store.url, secrets, { clock, logger, signal });
  secrets.database?.into(async (login) => store.changeLogin?.(login));
  const completeness = regionCompleteness(store, clock);
  const metrics = createMetrics({
    store,
    clock,
    completeness,
    stalledAfterMs: configuration.ingest.stalledAfterMs,
    secrets: () => secrets.report(),
  });
  const identity = role === 'api' ? undefined : hubIdentityOf(configuration, { clock, logger, env });
  let worker: Worker | undefined;
  let api: Api | undefined;
  let rollouts: RunningRollouts | undefined;
  let sealing: Awaited<ReturnType<typeof openSealing>> | undefined;

  async function stop(): Promise<void> {
    await Promise.all([worker?.stop(), api?.close(), rollouts?.stop()]);
    identity?.stop();
    sealing?.stop();
    await store.close();
  }

  try {
    signal?.throwIfAborted();
    const { vault } = secrets;
    if (vault && configuration.sealing.fields.length > 0)
      sealing = await openSealing(configuration.sealing, { vault, clock, logger });
    const opening = vault && openingBy(vault, configuration.sealing.key, clock);
    const ownWorkerLooked = role === 'api' ? undefined : () => worker?.progress.looked === true;
    const parts = { store, clock, logger, metrics, completeness, ownWorkerLooked, sealing, opening };
    api =
      role === 'worker'
        ? await startWorkerApi(configuration, parts, secrets)
        : await startApi(configuration, { ...parts, webDirectory }, secrets);
    signal?.throwIfAborted();
    if (role !== 'worker' && configuration.fleet.bundles !== undefined)
      rollouts = startRollouts({ store, clock, logger, settings: configuration.fleet });
    if (role !== 'api') {
      const keyRefused = () => secrets.eventHubs?.suspect();
      const started = await startWorker(configuration, {
        store,
        clock,
        logger,
        metrics: metrics.worker,
        sealing,
        identity,
        keyRefused,
      });
      worker = started;
      secrets.eventHubs?.into((connectionString) => started.changeKey(connectionString));
    }
    signal?.throwIfAborted();
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: api.url, stop };
}

interface Api {
  readonly url: string;
  close(): Promise<void>;
}

/** How much one request to drive dead letters again may do; the answer says where to go on. */
const SWEEP_LIMIT = 100;
const SWEEP_WITHIN_MS = 5_000;

interface ApiParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: FastifyBaseLogger;
  readonly metrics: Metrics;
  readonly completeness: () => Promise<RegionCompleteness>;
  readonly ownWorkerLooked: (() => boolean) | undefined;
  readonly sealing: Sealing | undefined;
  readonly opening: Opening | undefined;
}

async function startApi(
  configuration: CloudConfiguration,
  parts: ApiParts & { readonly webDirectory: string | undefined },
  secrets: SecretSource,
): Promise<Api> {
  const { store, clock, logger, sealing, opening } = parts;
  const { api, devices, fleet, ingest, windows, retention } = configuration;
  const beam = beamSettingsOf(configuration, secrets);
  const bundles = fleet.bundles === undefined ? undefined : await openBundles(fleet.bundles, clock);
  const updaters = bundles && new Updaters({ ...fleet, store, clock, logger, beam, bundles });
  const one = (id: number) =>
    redrive(store, id, clock.now(), { windows, windowsKeptMs: windowsKeptMs(retention), sealing, opening });
  const app = await createApi({
    ...parts,
    redrive: {
      one,
      ofReason: (reason, after) =>
        redriveSweep({ store, clock, reason, after, limit: SWEEP_LIMIT, withinMs: SWEEP_WITHIN_MS, redrive: one }),
    },
    beam,
    images: bundles && new ImageRegistry({ store, clock, logger, bundles, settings: fleet }),
    rollouts: bundles && fleet,
    updaters: updaters && { updaters, forwardedHosts: fleet.forwardedHosts },
    secrets: () => secrets.report(),
    silentAfterMs: devices.silentAfterMs,
    stalledAfterMs: ingest.stalledAfterMs,
    tls: api.tls,
  });
  return bind(
    () => listen(app, api),
    () => closeApi(app, clock),
  );
}

async function startWorkerApi(configuration: CloudConfiguration, parts: ApiParts, secrets: SecretSource): Promise<Api> {
  const { worker, ingest } = configuration;
  const app = await createWorkerApi({
    ...parts,
    stalledAfterMs: ingest.stalledAfterMs,
    tls: worker.tls,
    secrets: () => secrets.report(),
  });
  return bind(
    () => listen(app, worker, 'worker'),
    () => closeApi(app, parts.clock),
  );
}

/** Closes what cannot be bound. */
async function bind(listening: () => Promise<string>, close: () => Promise<void>): Promise<Api> {
  try {
    return { url: await listening(), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * A server that does not answer is not waited for once `signal` is aborted. PGlite is: it answers, and to leave it in
 * the middle of making its directory would be a crash.
 */
function openStoreUnlessAborted(
  url: string,
  { database }: SecretSource,
  { clock, logger, signal }: ProgramParts,
): Promise<Store> {
  const opening = openStore(url, {
    clock,
    logger,
    login: database?.value,
    loginRefused: database && (() => database.suspect()),
  });
  return url.startsWith('pglite:') ? opening : unlessAborted(opening, (late) => late.close(), signal);
}

/** What is being opened, unless `signal` is aborted first: then it is closed when it has been. */
async function unlessAborted<Opened>(
  opening: Promise<Opened>,
  close: (late: Opened) => Promise<void>,
  signal: AbortSignal | undefined,
): Promise<Opened> {
  if (!signal) return opening;
  let giveUp: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    giveUp = () => reject(signal.reason);
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp);
  });
  try {
    return await Promise.race([opening, aborted]);
  } catch (error) {
    opening.then(close, () => {});
    throw error;
  } finally {
    signal.removeEventListener('abort', giveUp!);
  }
}

/** How devices behind Beam are known; undefined where no key is given. The keys may change. */
function beamSettingsOf(
  { beam: { toleranceMs } }: CloudConfiguration,
  { beam }: SecretSource,
): BeamSettings | undefined {
  if (!beam) return undefined;
  return {
    get preSharedKeys() {
      return beam.value;
    },
    toleranceMs,
  };
}

/** A process that reads with a key from its environment has one. @throws TashikaError CONFIG_INVALID */
function requireHubKey(role: Role, configuration: CloudConfiguration): void {
  const { eventHubs, secrets } = configuration;
  if (role === 'api' || eventHubs.auth === 'managed-identity' || secrets.source === 'vault') return;
  hubSettingsOf(configuration);
}

/** Who the program is to the hub; undefined where it reads with a key. */
function hubIdentityOf(
  { eventHubs: { auth, azureClientId } }: CloudConfiguration,
  { clock, logger, env = {} }: ProgramParts,
): HubIdentity | undefined {
  return auth === 'managed-identity' ? new HubIdentity({ clientId: azureClientId, clock, logger, env }) : undefined;
}

/** @throws TashikaError CONFIG_INVALID */
function requireSharedStore(role: Role, storeUrl: string): void {
  if (role === 'all' || !storeUrl.startsWith('pglite:')) return;
  throw new TashikaError(
    'CONFIG_INVALID',
    `store.url is ${storeUrl}, and PGlite serves one process only: run \`tashika-cloud all\`, or give worker and api a PostgreSQL server (postgres://…).`,
  );
}

/** Where the dashboard is; undefined where none is built. @throws TashikaError CONFIG_INVALID for a directory without one */
function dashboardOf({ api: { webDirectory } }: CloudConfiguration, logger: FastifyBaseLogger): string | undefined {
  if (webDirectory !== undefined) {
    if (existsSync(join(webDirectory, 'index.html'))) return webDirectory;
    throw new TashikaError(
      'CONFIG_INVALID',
      `api.webDirectory is ${resolve(webDirectory)}, where there is no index.html: give the directory of a built dashboard, or leave it out. (environment: TASHIKA_CLOUD_API_WEB_DIRECTORY)`,
    );
  }
  // The build puts it beside the compiled program.
  const here = fileURLToPath(new URL('.', import.meta.url));
  const built = [join(here, 'web'), join(here, 'dist', 'web')].find((each) => existsSync(join(each, 'index.html')));
  if (built === undefined) logger.warn({}, 'the dashboard is not built: only the API is served');
  return built;
}

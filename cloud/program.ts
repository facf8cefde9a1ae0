import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TashikaError } from '@tashika/shared/errors';
import type { Clock } from '@tashika/shared/time';
import type { FastifyBaseLogger } from 'fastify';
import { closeApi, createApi, createWorkerApi, listen, requireFreePort, requireLoopback } from './api/index.ts';
import type { CloudConfiguration } from './config/index.ts';
import { hubSettingsOf, redrive, redriveSweep } from './ingest/index.ts';
import { type RegionCompleteness, regionCompleteness } from './ledger/index.ts';
import { createMetrics, type Metrics } from './metrics/index.ts';
import type { BeamSettings } from './receipts/index.ts';
import { windowsKeptMs } from './retention/index.ts';
import { openStore, type Store } from './store/index.ts';
import { startWorker, type Worker } from './worker.ts';

/** What a process does: commit what the hub has, answer for it, or both. */
export type Role = 'worker' | 'api' | 'all';

export interface ProgramParts {
  readonly clock: Clock;
  readonly logger: FastifyBaseLogger;
  /** Ends the start where it stands: what has started is stopped again. */
  readonly signal?: AbortSignal;
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
 * @throws TashikaError ADDRESS_REFUSED, PORT_BUSY, CONFIG_INVALID, and those of openStore
 */
export async function startProgram(
  role: Role,
  configuration: CloudConfiguration,
  { clock, logger, signal }: ProgramParts,
): Promise<Program> {
  requireSharedStore(role, configuration.store.url);
  if (role !== 'api') hubSettingsOf(configuration);
  const section = role === 'worker' ? 'worker' : 'api';
  requireLoopback(configuration[section].host, section);
  const webDirectory = role === 'worker' ? undefined : dashboardOf(configuration, logger);
  await requireFreePort(configuration[section], section);
  const store = await openUnlessAborted(configuration.store.url, { clock, logger }, signal);
  const completeness = regionCompleteness(store, clock);
  const metrics = createMetrics({ store, clock, completeness, stalledAfterMs: configuration.ingest.stalledAfterMs });
  let worker: Worker | undefined;
  let api: Api | undefined;

  async function stop(): Promise<void> {
    await Promise.all([worker?.stop(), api?.close()]);
    await store.close();
  }

  try {
    signal?.throwIfAborted();
    const ownWorkerLooked = role === 'api' ? undefined : () => worker?.progress.looked === true;
    const parts = { store, clock, logger, metrics, completeness, ownWorkerLooked };
    api =
      role === 'worker'
        ? await startWorkerApi(configuration, parts)
        : await startApi(configuration, { ...parts, webDirectory });
    signal?.throwIfAborted();
    if (role !== 'api') worker = await startWorker(configuration, { store, clock, logger, metrics: metrics.worker });
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
}

async function startApi(
  configuration: CloudConfiguration,
  parts: ApiParts & { readonly webDirectory: string | undefined },
): Promise<Api> {
  const { store, clock } = parts;
  const { api, devices, ingest, windows, retention } = configuration;
  const one = (id: number) => redrive(store, id, clock.now(), { windows, windowsKeptMs: windowsKeptMs(retention) });
  const app = await createApi({
    ...parts,
    redrive: {
      one,
      ofReason: (reason, after) =>
        redriveSweep({ store, clock, reason, after, limit: SWEEP_LIMIT, withinMs: SWEEP_WITHIN_MS, redrive: one }),
    },
    beam: beamSettingsOf(configuration),
    silentAfterMs: devices.silentAfterMs,
    stalledAfterMs: ingest.stalledAfterMs,
  });
  return bind(
    () => listen(app, api),
    () => closeApi(app, clock),
  );
}

async function startWorkerApi(configuration: CloudConfiguration, parts: ApiParts): Promise<Api> {
  const { worker, ingest } = configuration;
  const app = await createWorkerApi({ ...parts, stalledAfterMs: ingest.stalledAfterMs });
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
async function openUnlessAborted(
  url: string,
  parts: { readonly clock: Clock; readonly logger: FastifyBaseLogger },
  signal: AbortSignal | undefined,
): Promise<Store> {
  const opening = openStore(url, parts);
  if (!signal || url.startsWith('pglite:')) return opening;
  let giveUp: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    giveUp = () => reject(signal.reason);
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp);
  });
  try {
    return await Promise.race([opening, aborted]);
  } catch (error) {
    opening.then(
      (store) => store.close(),
      () => {},
    );
    throw error;
  } finally {
    signal.removeEventListener('abort', giveUp!);
  }
}

/** How devices behind Beam are known; undefined without a key. */
function beamSettingsOf({ beam }: CloudConfiguration): BeamSettings | undefined {
  const { preSharedKey, previousPreSharedKey, toleranceMs } = beam;
  if (preSharedKey === undefined) return undefined;
  const preSharedKeys = previousPreSharedKey === undefined ? [preSharedKey] : [preSharedKey, previousPreSharedKey];
  return { preSharedKeys, toleranceMs };
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

import type { Clock, Duration } from '@tashika/shared/time';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import type { Updaters } from '../fleet/ddi/index.ts';
import type { ImageRegistry } from '../fleet/registry/index.ts';
import type { RegionCompleteness } from '../ledger/index.ts';
import type { Metrics } from '../metrics/index.ts';
import type { BeamSettings } from '../receipts/index.ts';
import type { Opening } from '../sealing/index.ts';
import type { SecretsReport } from '../secrets/index.ts';
import type { Store } from '../store/index.ts';
import type { CertificateFiles } from './certificate.ts';
import { completenessRoute } from './completeness.ts';
import { serveDashboard } from './dashboard.ts';
import { updaterRoutes } from './ddi/index.ts';
import { deadLetterRoutes, type Redrive } from './dead-letters.ts';
import { deviceRoutes } from './devices.ts';
import { fleetDeviceRoutes } from './fleet/devices.ts';
import { imageRoutes } from './fleet/images.ts';
import { type RolloutRouteOptions, rolloutRoutes } from './fleet/rollouts.ts';
import { healthRoutes } from './health.ts';
import { LiveFeed, liveRoutes } from './live/index.ts';
import { metricsRoute } from './metrics.ts';
import { readyRoutes } from './ready.ts';
import { receiptRoutes } from './receipts.ts';
import { regionRoutes } from './regions.ts';
import { createServer } from './server.ts';
import { windowRoutes } from './windows.ts';
import { workerRoutes } from './workers.ts';

export interface ApiOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: FastifyBaseLogger;
  readonly metrics: Metrics;
  /** Reads how complete the readings are; asked by the metrics too, so that both share one scan. */
  readonly completeness: () => Promise<RegionCompleteness>;
  readonly redrive: Redrive;
  /** A partition that has events and commits none for this long stands still. */
  readonly stalledAfterMs: Duration;
  /** Whether the worker of this process has told how it stands; until then what the store has is of a former one. */
  readonly ownWorkerLooked?: (() => boolean) | undefined;
  /** How this process's secrets stand; undefined where they come from the environment. */
  readonly secrets?: (() => SecretsReport | undefined) | undefined;
  /** How devices that ask for receipts are known; without it there are none. */
  readonly beam?: BeamSettings | undefined;
  /** Images, and the bundles that they are of; without it, there are none. */
  readonly images?: ImageRegistry | undefined;
  /** Whose rollouts are planned and steered, and how often their gate looks; without it there are none. */
  readonly rollouts?: RolloutRouteOptions['settings'] | undefined;
  /** Devices' updaters, and by which hosts links may name this machine; without it, none is answered. */
  readonly updaters?: { readonly updaters: Updaters; readonly forwardedHosts: readonly string[] } | undefined;
  /** What opens values and dead letters that are kept sealed; without it they stay sealed. */
  readonly opening?: Opening | undefined;
  /** A device that has not posted for this long is silent. */
  readonly silentAfterMs: Duration;
  /** What it is served by TLS with; by plain HTTP, if absent. */
  readonly tls?: CertificateFiles | undefined;
  /** Where the built dashboard is; without it, `/` is not found. */
  readonly webDirectory?: string | undefined;
}

/** The API with its live feed running and no port yet. Closing it ends the live streams. */
export async function createApi(options: ApiOptions): Promise<FastifyInstance> {
  const {
    store,
    clock,
    metrics,
    completeness,
    redrive,
    silentAfterMs,
    stalledAfterMs,
    ownWorkerLooked,
    secrets,
    opening,
  } = options;
  const logger = options.logger.child({ part: 'api' });
  const { app } = await createServer({ logger, clock, tls: options.tls });
  const feed = new LiveFeed({ store, clock, logger, silentAfterMs });
  await app.register(windowRoutes({ store, clock }));
  await app.register(deviceRoutes({ store, clock, silentAfterMs, opening }));
  await app.register(completenessRoute({ completeness }));
  await app.register(receiptRoutes({ store, clock, beam: options.beam }));
  if (options.images) await app.register(imageRoutes({ registry: options.images }));
  if (options.rollouts) await app.register(rolloutRoutes({ store, clock, settings: options.rollouts }));
  if (options.updaters) {
    await app.register(updaterRoutes(options.updaters));
    await app.register(fleetDeviceRoutes({ store, clock, tenant: options.updaters.updaters.tenant }));
  }
  await app.register(deadLetterRoutes({ store, redrive, opening }));
  await app.register(regionRoutes);
  await app.register(liveRoutes({ feed }));
  await app.register(healthRoutes({ store, clock, stalledAfterMs, ownWorkerLooked }));
  await app.register(readyRoutes({ store, clock, stalledAfterMs, ownWorkerLooked, secrets }));
  await app.register(workerRoutes({ store }));
  await app.register(metricsRoute({ metrics }));
  await serveDashboard(app, options.webDirectory);
  app.addHook('preClose', () => feed.stop());
  await app.ready();
  await feed.start();
  return app;
}

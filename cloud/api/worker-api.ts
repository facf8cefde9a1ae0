import type { FastifyInstance } from 'fastify';
import type { ApiOptions } from './api.ts';
import { healthRoutes } from './health.ts';
import { metricsRoute } from './metrics.ts';
import { readyRoutes } from './ready.ts';
import { createServer } from './server.ts';

export type WorkerApiOptions = Pick<
  ApiOptions,
  'store' | 'clock' | 'logger' | 'metrics' | 'stalledAfterMs' | 'ownWorkerLooked' | 'secrets' | 'tls'
>;

/** What a process that only works answers: whether it does, and its metrics. No port yet. */
export async function createWorkerApi(options: WorkerApiOptions): Promise<FastifyInstance> {
  const { store, clock, metrics, stalledAfterMs, ownWorkerLooked, secrets } = options;
  const logger = options.logger.child({ part: 'worker-api' });
  const { app } = await createServer({ logger, clock, tls: options.tls });
  await app.register(healthRoutes({ store, clock, stalledAfterMs, ownWorkerLooked }));
  await app.register(readyRoutes({ store, clock, stalledAfterMs, ownWorkerLooked, secrets }));
  await app.register(metricsRoute({ metrics }));
  await app.ready();
  return app;
}

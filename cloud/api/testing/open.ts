import { systemClock } from '@tashika/shared/time';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { createMetrics } from '../../metrics/index.ts';
import { openStore, type Store } from '../../store/index.ts';
import { type ApiOptions, createApi } from '../index.ts';

/** An API over an empty store in memory. */
export interface OpenApi {
  readonly app: FastifyInstance;
  readonly store: Store;
  close(): Promise<void>;
}

export async function openApi(
  options: Partial<Pick<ApiOptions, 'clock' | 'redrive' | 'webDirectory' | 'worker'>> = {},
): Promise<OpenApi> {
  const {
    clock = systemClock,
    redrive = async (id) => (id === 1 ? { outcome: 'counted' } : undefined),
    webDirectory,
    worker,
  } = options;
  const logger = pino({ level: 'silent' });
  const store = await openStore('pglite:memory', { logger });
  const metrics = createMetrics({ store, clock });
  const app = await createApi({ store, clock, logger, metrics, redrive, silentAfterMs: 300_000, webDirectory, worker });
  return {
    app,
    store,
    async close() {
      await app.close();
      await store.close();
    },
  };
}

import { type Clock, systemClock } from '@tashika/shared/time';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { createMetrics } from '../../metrics/index.ts';
import { openStore, type Store } from '../../store/index.ts';
import { createApi, type Redrive } from '../index.ts';

/** An API over an empty store in memory. */
export interface OpenApi {
  readonly app: FastifyInstance;
  readonly store: Store;
  close(): Promise<void>;
}

export async function openApi(
  options: { clock?: Clock; redrive?: Redrive; webDirectory?: string } = {},
): Promise<OpenApi> {
  const { clock = systemClock, redrive = async () => ({ outcome: 'counted' }), webDirectory } = options;
  const logger = pino({ level: 'silent' });
  const store = await openStore('pglite:memory', { logger });
  const metrics = createMetrics({ store, clock });
  const app = await createApi({ store, clock, logger, metrics, redrive, silentAfterMs: 300_000, webDirectory });
  return {
    app,
    store,
    async close() {
      await app.close();
      await store.close();
    },
  };
}

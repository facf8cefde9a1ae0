import { systemClock } from '@tashika/shared/time';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { regionCompleteness } from '../../ledger/index.ts';
import { createMetrics } from '../../metrics/index.ts';
import type { Store } from '../../store/index.ts';
import { openMemoryStore } from '../../store/testing/memory-store.ts';
import { type ApiOptions, createApi, type Redrive } from '../index.ts';
import { heldToItsDocument } from './documented.ts';

/** An API over an empty store in memory. */
export interface OpenApi {
  readonly app: FastifyInstance;
  readonly store: Store;
  close(): Promise<void>;
}

type Options = Partial<
  Pick<
    ApiOptions,
    | 'beam'
    | 'clock'
    | 'images'
    | 'logger'
    | 'opening'
    | 'ownWorkerLooked'
    | 'redrive'
    | 'rollouts'
    | 'updaters'
    | 'webDirectory'
  >
>;

export async function openApi(options: Options = {}): Promise<OpenApi> {
  const store = await openMemoryStore({ logger });
  const app = await openApiOver(store, options);
  return {
    app,
    store,
    async close() {
      await app.close();
      await store.close();
    },
  };
}

/** One more API over the same store, as another process would serve it. A test fails where an answer is not as documented. */
export async function openApiOver(store: Store, options: Options = {}): Promise<FastifyInstance> {
  const { clock = systemClock, redrive = onlyTheFirst } = options;
  const completeness = regionCompleteness(store, clock);
  const metrics = createMetrics({ store, clock, completeness, stalledAfterMs: 30_000 });
  const app = await createApi({
    logger,
    ...options,
    store,
    clock,
    metrics,
    completeness,
    redrive,
    silentAfterMs: 300_000,
    stalledAfterMs: 30_000,
  });
  return heldToItsDocument(app);
}

const onlyTheFirst: Redrive = {
  one: async (id) => (id === 1 ? { outcome: 'counted' } : undefined),
  ofReason: async () => ({ counted: 1, stillRefused: 0, next: null }),
};

const logger = pino({ level: 'silent' });

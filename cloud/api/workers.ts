import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Timestamp } from '@tashika/shared/time';
import { readWorkers } from '../ingest/index.ts';
import type { Store } from '../store/index.ts';
import { problems, querySchema } from './problem.ts';
import { json, WorkerList } from './shapes.ts';

/** Which workers run, and which key each reads the hub with: so a key can be replaced and nobody is left with it. */
export function workerRoutes({ store }: { readonly store: Store }): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/api/workers',
      {
        schema: {
          operationId: 'listWorkers',
          summary: 'The workers that run, and the key that each reads with',
          description: 'It tells of all workers that share the store, in every process.',
          tags: ['operation'],
          querystring: querySchema({}),
          response: { 200: { description: 'Those that run now.', ...json(WorkerList) }, ...problems(400) },
        },
      },
      async (_request, reply): Promise<WorkerList> => {
        reply.header('cache-control', 'no-store');
        const workers = await readWorkers(store);
        return {
          workers: workers.map(({ workerId, lookedAt, hubKey, trouble }) => ({
            worker: workerId,
            lookedAt: iso(lookedAt),
            hubKey,
            trouble: trouble && { ...trouble, since: iso(trouble.since) },
          })),
        };
      },
    );
  };
}

function iso(time: Timestamp): string {
  return new Date(time).toISOString();
}

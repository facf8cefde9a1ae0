import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import type { Metrics } from '../metrics/index.ts';
import { problems, querySchema } from './problem.ts';

/** Prometheus' text format. */
export function metricsRoute({ metrics }: { metrics: Metrics }): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/metrics',
      {
        schema: {
          operationId: 'getMetrics',
          summary: "Prometheus' metrics",
          tags: ['operation'],
          querystring: querySchema({}),
          response: {
            200: { description: 'The text format.', content: { 'text/plain': { schema: Type.String() } } },
            ...problems(400),
          },
        },
      },
      async (_request, reply) => {
        reply.type(metrics.contentType).header('cache-control', 'no-store');
        return metrics.text();
      },
    );
  };
}

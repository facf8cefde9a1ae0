import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { RegionCompleteness } from '../ledger/index.ts';
import { problems, querySchema } from './problem.ts';
import { Completeness, json, type Stream } from './shapes.ts';

/** How complete the readings of each region and of all are. */
export function completenessRoute(options: {
  completeness: () => Promise<RegionCompleteness>;
}): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/api/completeness',
      {
        schema: {
          operationId: 'getCompleteness',
          summary: 'How much of what devices took has been counted, by region and in all',
          tags: ['devices'],
          querystring: querySchema({}),
          response: { 200: { description: 'The figures.', ...json(Completeness) }, ...problems(400) },
        },
      },
      async (): Promise<Completeness> => {
        const { asOf, regions, total } = await options.completeness();
        return { asOf: new Date(asOf).toISOString(), regions: [...regions], total };
      },
    );
  };
}

/** The share of what a device took that has been counted: 1 when nothing is missing, held or lost. */
export function completenessOf(streams: readonly Stream[]): number {
  let received = 0;
  let outstanding = 0;
  for (const stream of streams) {
    received += stream.received;
    outstanding += stream.missingReadings + stream.held + stream.lost;
  }
  return outstanding === 0 ? 1 : received / (received + outstanding);
}

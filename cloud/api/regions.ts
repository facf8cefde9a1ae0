import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { REGIONS } from '@tashika/shared/regions';
import { problems, querySchema } from './problem.ts';
import { json, RegionList } from './shapes.ts';

/** The 47 prefectures with their places on the tile map. */
export const regionRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '/api/regions',
    {
      schema: {
        operationId: 'listRegions',
        summary: 'The prefectures and their places on the tile map',
        tags: ['windows'],
        querystring: querySchema({}),
        response: { 200: { description: 'In order of their codes.', ...json(RegionList) }, ...problems(400) },
      },
    },
    async (_request, reply): Promise<RegionList> => {
      reply.header('cache-control', 'public, max-age=3600');
      return { regions: [...REGIONS] };
    },
  );
};

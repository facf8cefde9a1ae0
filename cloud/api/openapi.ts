import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { FLEET_SHAPES } from './fleet/shapes.ts';
import { SHAPES } from './shapes.ts';

/** Describes every route that is registered after it, as OpenAPI 3.1 at `/api/openapi.json`. */
export async function describeRoutes(app: FastifyInstance): Promise<void> {
  for (const shape of [...SHAPES, ...FLEET_SHAPES]) app.addSchema(shape);
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Tashika',
        version: '1',
        description:
          'Counts of field telemetry per region and minute, the devices they come from, and what could not be counted. ' +
          'Times are ISO 8601 in UTC with milliseconds; errors are RFC 9457 problem details.',
      },
      tags: ['windows', 'devices', 'dead letters', 'live', 'operation', 'fleet', 'updaters'].map((name) => ({ name })),
    },
    refResolver: { buildLocalReference: (schema) => String(schema.$id) },
  });
  app.get('/api/openapi.json', { schema: { hide: true } }, async () => app.swagger());
}

import type { Readable } from 'node:stream';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { TashikaError } from '@tashika/shared/errors';
import { formatImageName, IMAGE_KINDS, parseImageName, VERSION_PATTERN } from '@tashika/shared/image';
import type { FastifyRequest } from 'fastify';
import Type from 'typebox';
import { CHANNELS, type ImageRegistry, ImportFault, type RegisteredImage } from '../../fleet/registry/index.ts';
import { allowLong } from '../long-request.ts';
import { badParameter, problems, querySchema } from '../problem.ts';
import { json, word } from '../shapes.ts';
import { By, personOf } from './person.ts';
import { isoOrNull } from './rollout-view.ts';
import { FleetImage, FleetImageList, StoredBundle } from './shapes.ts';

/** A system image has some hundred megabytes. */
const MOST_BUNDLE_BYTES = 1024 ** 3;
/** A package list of a whole system has some megabytes. */
const MOST_IMPORT_BYTES = 8 * 1024 * 1024;

const ImageParameters = Type.Object({
  kind: word(IMAGE_KINDS),
  version: Type.String({ pattern: VERSION_PATTERN, description: 'Such as `1.5.0`.' }),
});

function body<Properties extends Type.TProperties>(properties: Properties): Type.TObject<Properties> {
  return Type.Object(properties, { additionalProperties: false });
}

/** Images and their bundles: brought in, let into channels, revoked. */
export function imageRoutes({ registry }: { readonly registry: ImageRegistry }): FastifyPluginAsyncTypebox {
  return async (app) => {
    // A bundle goes to its store as it comes, never into memory.
    app.addContentTypeParser('application/octet-stream', (_request, payload, done) => done(null, payload));

    app.addHook('onReady', async () => registry.start());
    app.addHook('onClose', () => registry.stop());

    app.get(
      '/api/fleet/images',
      {
        schema: {
          operationId: 'listFleetImages',
          summary: 'Images, the newest import first',
          tags: ['fleet'],
          querystring: querySchema({}),
          response: { 200: { description: 'All images.', ...json(FleetImageList) }, ...problems(400) },
        },
      },
      async (): Promise<FleetImageList> => ({ images: (await registry.list()).map(shown) }),
    );

    app.get(
      '/api/fleet/images/:kind/:version',
      {
        schema: {
          operationId: 'getFleetImage',
          summary: 'One image, and those that were built on it',
          tags: ['fleet'],
          params: ImageParameters,
          querystring: querySchema({}),
          response: { 200: { description: 'The image.', ...json(FleetImage) }, ...problems(400, 404) },
        },
      },
      async ({ params }): Promise<FleetImage> => shown(await registry.one(params)),
    );

    app.get(
      '/api/fleet/images/:kind/:version/sbom',
      {
        schema: {
          operationId: 'getFleetImageSbom',
          summary: "An image's package list, byte for byte as its build wrote it",
          tags: ['fleet'],
          params: ImageParameters,
          querystring: querySchema({}),
          response: {
            200: {
              description: 'SPDX, in JSON.',
              content: { 'application/spdx+json': { schema: Type.Object({}, { additionalProperties: true }) } },
            },
            ...problems(400, 404),
          },
        },
      },
      async ({ params }, reply) => {
        const sbom = await registry.sbom(params);
        reply.type('application/spdx+json');
        return Buffer.from(sbom) as never; // the schema speaks of what the bytes are
      },
    );

    app.put(
      '/api/fleet/bundles/:sha256',
      {
        onRequest: async (request) => requireModest(request),
        schema: {
          operationId: 'putFleetBundle',
          summary: 'Send a bundle, before the image that names it',
          description:
            'The file as `application/octet-stream`, 1 GiB at most, under its SHA-256. It is kept if its bytes are those, ' +
            'for a day where no image names it.',
          tags: ['fleet'],
          params: Type.Object({
            sha256: Type.String({ pattern: '^[0-9a-f]{64}$', description: 'SHA-256 of the file, in hex.' }),
          }),
          querystring: querySchema({}),
          response: {
            200: { description: 'It was there already, and was not read.', ...json(StoredBundle) },
            201: { description: 'It is kept.', ...json(StoredBundle) },
            ...problems(400, 413, 415, 503),
          },
        },
      },
      async (request, reply): Promise<StoredBundle> => {
        allowLong(request, reply);
        const { sha256 } = request.params;
        const content = request.body as Readable | undefined;
        if (!content)
          throw badParameter('body', 'The request has no body: send the bundle as application/octet-stream.');
        const expected = { sha256, bytes: lengthOf(request), mostBytes: MOST_BUNDLE_BYTES };
        const outcome = await registry.bundles.put(expected, arriving(content));
        reply.code(outcome === 'stored' ? 201 : 200);
        return { sha256, bytes: (await registry.bundles.size(sha256)) ?? 0 };
      },
    );

    app.post(
      '/api/fleet/images',
      {
        bodyLimit: MOST_IMPORT_BYTES,
        schema: {
          operationId: 'importFleetImage',
          summary: 'Take an image in whose bundle was sent',
          description:
            'The record and the package list as the build wrote them. The bundle must be signed under `fleet.keyringFile`, ' +
            'and a version stands for the same bytes for ever, as those do for it. A parent that is not here is no error: ' +
            '`missingParent` names it.',
          tags: ['fleet'],
          body: body({
            record: Type.Object({}, { additionalProperties: true, description: 'What the build tells of the image.' }),
            sbom: Type.String({ description: 'The package list: the text of its file.' }),
            by: By,
          }),
          response: {
            200: { description: 'It was there already, with the same bytes and record.', ...json(FleetImage) },
            201: { description: 'It was taken in.', ...json(FleetImage) },
            ...problems(400, 413, 415, 503),
          },
        },
      },
      async (request, reply): Promise<FleetImage> => {
        try {
          const { imported, image } = await registry.import({ ...request.body, by: personOf(request.body.by) });
          reply.code(imported ? 201 : 200);
          return shown(image);
        } catch (error) {
          throw error instanceof ImportFault ? badParameter(error.part, error.message) : error;
        }
      },
    );

    app.post(
      '/api/fleet/channels/:channel',
      {
        schema: {
          operationId: 'promoteFleetImage',
          summary: 'Let a channel have an image; no device is told, which is what a rollout does',
          tags: ['fleet'],
          params: Type.Object({ channel: word(CHANNELS) }),
          body: body({ image: Type.String({ description: 'Kind and version: `agent/1.5.0`.' }), by: By }),
          response: { 200: { description: 'The image.', ...json(FleetImage) }, ...problems(400, 404, 413, 415) },
        },
      },
      async ({ params, body: { image, by } }): Promise<FleetImage> => {
        const name = parseImageName(image);
        if (!name) throw badParameter('image', 'image must be kind and version, such as agent/1.5.0.');
        return shown(await registry.promote(name, params.channel, personOf(by)));
      },
    );

    app.post(
      '/api/fleet/images/:kind/:version/revoke',
      {
        schema: {
          operationId: 'revokeFleetImage',
          summary: 'Never offer an image again',
          description:
            'It leaves its channels. What was built on it is named in the answer, and is not revoked by this; what has ' +
            'its bytes under another version is.',
          tags: ['fleet'],
          params: ImageParameters,
          body: body({
            reason: Type.String({ minLength: 1, maxLength: 1000, pattern: '\\S', description: 'Why.' }),
            by: By,
          }),
          response: { 200: { description: 'The image.', ...json(FleetImage) }, ...problems(400, 404, 413, 415) },
        },
      },
      async ({ params, body: { reason, by } }): Promise<FleetImage> =>
        shown(await registry.revoke(params, reason, personOf(by))),
    );
  };
}

function shown(image: RegisteredImage): FleetImage {
  return {
    image: formatImageName(image.record),
    record: image.record,
    channels: [...image.channels],
    importedAt: image.importedAt.toISOString(),
    importedBy: image.importedBy,
    revokedAt: image.revokedAt?.toISOString() ?? null,
    revokedReason: image.revokedReason,
    children: [...image.children],
    missingParent: image.missingParent,
    sameBytes: [...image.sameBytes],
    halts: image.halts.map(({ at, ...halt }) => ({ ...halt, at: isoOrNull(at) })),
    devices: image.devices,
  };
}

function lengthOf({ headers }: FastifyRequest): number | undefined {
  const length = headers['content-length'];
  return length === undefined ? undefined : Number(length);
}

/** Before a byte of it is read. */
function requireModest(request: FastifyRequest): void {
  if ((lengthOf(request) ?? 0) <= MOST_BUNDLE_BYTES) return;
  throw new TashikaError('BODY_TOO_LARGE', `A bundle may have ${MOST_BUNDLE_BYTES} bytes at most.`);
}

/**
 * A sender who goes away in the middle is no fault of the server. One whose bundle is not wanted further stays connected: the
 * answer says why.
 */
async function* arriving(content: Readable): AsyncGenerator<Uint8Array> {
  try {
    yield* content.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw new TashikaError('BUNDLE_DIFFERS', 'The upload ended before the bundle was whole. Send it again.', {
      cause: error,
    });
  } finally {
    // What is still coming is let go; left where it is, it would hold the connection.
    content.resume();
  }
}

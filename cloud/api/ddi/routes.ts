import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { isTashikaError } from '@tashika/shared/errors';
import type { FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import { configDataSchema, feedbackSchema, originOf, type Standing, type Updaters } from '../../fleet/ddi/index.ts';
import { ProblemError, problems } from '../problem.ts';
import { sendDownload } from './artifact.ts';
import { UpdaterCancellation, UpdaterDeployment, UpdaterPoll } from './shapes.ts';

const BASE = '/:tenant/controller/v1/:controllerId';
const LOOPBACK_PEER = /^(::ffff:)?127\.|^::1$/;

const Base = {
  tenant: Type.String({ description: '`fleet.tenant`.' }),
  controllerId: Type.String({ description: 'How the device calls itself.' }),
};
const OfAction = Type.Object({
  ...Base,
  id: Type.String({ pattern: '^[0-9]{1,15}$', description: 'The number of the action.' }),
});
const nothing = { 200: { description: 'It was taken.', type: 'null' } } as const;
const json = <Schema>(schema: Schema) => ({ content: { 'application/json': { schema } } });
const tags = ['updaters'];

/**
 * hawkBit's Direct Device Integration API, version 1, for the updaters of devices. What an updater does not read is left
 * out of the answers: a device pays for each byte.
 */
export function updaterRoutes({
  updaters,
  forwardedHosts,
}: {
  readonly updaters: Updaters;
  readonly forwardedHosts: readonly string[];
}): FastifyPluginAsyncTypebox {
  const devices = new WeakMap<FastifyRequest, Standing>();

  /** Before anything else of the request is looked at: a stranger learns nothing, and its body is not read. */
  async function enter(request: FastifyRequest): Promise<void> {
    const { tenant, controllerId } = request.params as { tenant: string; controllerId: string };
    if (tenant !== updaters.tenant)
      throw new ProblemError('NOT_FOUND', `There is no tenant ${tenant.slice(0, 64)} here.`);
    try {
      devices.set(request, await updaters.enter(controllerId, request.headers));
    } catch (error) {
      if (!isTashikaError(error, 'UPDATER_REFUSED')) throw error;
      const headers = { 'www-authenticate': 'TargetToken, GatewayToken, SoracomBeam' };
      throw new ProblemError('UPDATER_REFUSED', error.message, { headers });
    }
  }

  function baseOf(request: FastifyRequest, { controllerId }: Standing): string {
    const { headers, protocol, host, socket } = request;
    const asked = {
      protocol,
      host,
      forwardedHost: textOf(headers['x-forwarded-host']),
      forwardedProto: textOf(headers['x-forwarded-proto']),
      fromLoopback: LOOPBACK_PEER.test(socket.remoteAddress ?? ''),
    };
    return `${originOf(asked, forwardedHosts)}/${updaters.tenant}/controller/v1/${encodeURIComponent(controllerId)}`;
  }

  const common = { onRequest: enter, helmet: false as const };

  return async (app) => {
    app.addHook('onReady', () => updaters.start());
    app.addHook('preClose', async () => updaters.endDownloads());
    app.addHook('onClose', () => updaters.stop());

    app.get(
      BASE,
      {
        ...common,
        schema: {
          operationId: 'pollUpdater',
          summary: 'What an updater is to do, and when to ask again',
          tags,
          params: Type.Object(Base),
          response: { 200: { description: 'Links to what is due.', ...json(UpdaterPoll) }, ...problems(400, 401, 404) },
        },
      },
      async (request) => {
        const device = devices.get(request)!;
        return updaters.poll(device, baseOf(request, device));
      },
    );

    app.put(
      `${BASE}/configData`,
      {
        ...common,
        schema: {
          operationId: 'putUpdaterConfigData',
          summary: 'What an updater tells of its device',
          tags,
          params: Type.Object(Base),
          body: configDataSchema,
          response: { ...nothing, ...problems(400, 401, 404, 413, 415) },
        },
      },
      async (request, reply) => {
        await updaters.tellConfigData(devices.get(request)!, request.body);
        return taken(reply);
      },
    );

    app.get(
      `${BASE}/deploymentBase/:id`,
      {
        ...common,
        schema: {
          operationId: 'getUpdaterDeployment',
          summary: 'What a device is to install',
          tags,
          params: OfAction,
          response: {
            200: { description: 'One chunk with one artifact.', ...json(UpdaterDeployment) },
            ...problems(400, 401, 404),
          },
        },
      },
      async (request) => {
        const device = devices.get(request)!;
        return updaters.deployment(device, Number(request.params.id), baseOf(request, device));
      },
    );

    app.post(
      `${BASE}/deploymentBase/:id/feedback`,
      {
        ...common,
        schema: {
          operationId: 'postUpdaterFeedback',
          summary: 'How an installation goes',
          tags,
          params: OfAction,
          body: feedbackSchema,
          response: { ...nothing, ...problems(400, 401, 404, 413, 415) },
        },
      },
      async (request, reply) => {
        await updaters.tellFeedback(devices.get(request)!, Number(request.params.id), request.body);
        return taken(reply);
      },
    );

    app.get(
      `${BASE}/cancelAction/:id`,
      {
        ...common,
        schema: {
          operationId: 'getUpdaterCancellation',
          summary: 'What a device is to stop',
          tags,
          params: OfAction,
          response: {
            200: { description: 'The action to stop.', ...json(UpdaterCancellation) },
            ...problems(400, 401, 404),
          },
        },
      },
      async (request) => updaters.cancellation(devices.get(request)!, Number(request.params.id)),
    );

    app.post(
      `${BASE}/cancelAction/:id/feedback`,
      {
        ...common,
        schema: {
          operationId: 'postUpdaterCancelFeedback',
          summary: 'What became of a cancellation',
          tags,
          params: OfAction,
          body: feedbackSchema,
          response: { ...nothing, ...problems(400, 401, 404, 413, 415) },
        },
      },
      async (request, reply) => {
        await updaters.tellCancelFeedback(devices.get(request)!, Number(request.params.id), request.body);
        return taken(reply);
      },
    );

    const artifact = `${BASE}/deploymentBase/:id/artifacts/:filename`;
    const params = Type.Object({
      ...OfAction.properties,
      filename: Type.String({ description: 'As `deploymentBase` names it.' }),
    });
    app.get(
      artifact,
      {
        ...common,
        exposeHeadRoute: false, // its handler would open the bundle, and count it as served
        schema: {
          operationId: 'downloadArtifact',
          summary: 'The bundle, or a range of it',
          tags,
          params,
          headers: Type.Object({
            range: Type.Optional(Type.String({ description: 'One range of bytes.' })),
            'if-range': Type.Optional(Type.String({ description: 'The ETag of what is there already.' })),
          }),
          response: {
            200: { description: 'All of it.', content: OCTETS },
            206: { description: 'A range; shorter than asked for where the daily bytes end.', content: OCTETS },
            416: { description: 'The range lies beyond the end.', type: 'null' },
            ...problems(400, 401, 404),
          },
        },
      },
      async (request, reply) => answer(request, reply, request.params, false),
    );
    app.head(artifact, { ...common, schema: { hide: true, params } }, async (request, reply) =>
      answer(request, reply, request.params, true),
    );
  };

  async function answer(
    request: FastifyRequest,
    reply: FastifyReply,
    { id, filename }: { readonly id: string; readonly filename: string },
    head: boolean,
  ) {
    const { range, 'if-range': ifRange } = request.headers;
    const asked = { id: Number(id), filename, range, ifRange: textOf(ifRange), head };
    return sendDownload(reply, await updaters.download(devices.get(request)!, asked));
  }
}

const OCTETS = { 'application/octet-stream': { schema: Type.String({ format: 'binary' }) } };

/** 200 and nothing else is what hawkBit's clients take for a yes. */
function taken(reply: FastifyReply): FastifyReply {
  return reply.code(200).send();
}

function textOf(header: string | readonly string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : header?.[0];
}

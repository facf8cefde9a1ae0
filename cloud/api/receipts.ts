import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Clock } from '@tashika/shared/time';
import type { FastifyRequest } from 'fastify';
import Type from 'typebox';
import { readStream } from '../ledger/index.ts';
import { type BeamSettings, MOST_MISSING_RANGES, ReceiptRequests, receiptOf, verifyBeam } from '../receipts/index.ts';
import type { Store } from '../store/index.ts';
import { ProblemError, problems, querySchema } from './problem.ts';
import { json, Receipt } from './shapes.ts';

const Signed = (description: string) => Type.String({ description });

/** What the cloud has of a device's stream, told to that device alone: Beam's signature says which SIM asks. */
export function receiptRoutes(options: {
  store: Store;
  clock: Clock;
  /** Without it nobody can be told apart, and nobody is answered. */
  beam: BeamSettings | undefined;
}): FastifyPluginAsyncTypebox {
  const { store, clock, beam } = options;
  const requests = beam && new ReceiptRequests(store, clock, beam.toleranceMs);
  const callers = new WeakMap<FastifyRequest, string>();

  /** Before anything of the request is looked at, so that a stranger learns nothing from how it is answered. */
  async function authenticate(request: FastifyRequest): Promise<void> {
    if (!beam || !requests || beam.preSharedKeys.length === 0)
      throw new ProblemError(
        'BEAM_NOT_CONFIGURED',
        "Receipts are not served here: beam.preSharedKey (TASHIKA_CLOUD_BEAM_PRE_SHARED_KEY) is not set to the key of Beam's signature.",
      );
    const caller = verifyBeam(request.headers, beam, clock.now());
    if (typeof caller === 'string') throw refused(caller);
    if (!(await requests.isFirst(caller.signature, caller.signedAt)))
      throw refused('This request has been answered before.');
    callers.set(request, caller.imsi);
  }

  return async (app) => {
    app.get(
      '/v1/receipts',
      {
        onRequest: authenticate,
        // What only a browser reads; a device pays for each byte.
        helmet: false,
        schema: {
          operationId: 'getReceipt',
          summary: 'What has been received of a stream, for the device that sent it',
          description:
            'Asked by a device through SORACOM Beam, whose signature says which SIM asks. Each signed request is ' +
            'answered once.',
          tags: ['devices'],
          headers: Type.Object({
            'x-soracom-imsi': Signed('The SIM that asks.'),
            'x-soracom-imei': Type.Optional(Signed('Its hardware, where Beam is set to add it.')),
            'x-soracom-msisdn': Type.Optional(Signed('Its number, where Beam is set to add it.')),
            'x-soracom-sim-id': Type.Optional(Signed('Its ICCID, where Beam is set to add it.')),
            'x-soracom-timestamp': Signed('When Beam signed, Unix milliseconds.'),
            'x-soracom-signature': Signed('SHA-256 in hex, with the pre-shared key.'),
            'x-soracom-signature-version': Signed('`20151001`.'),
          }),
          querystring: querySchema({
            stream: Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$', description: 'Identity of the spool.' }),
          }),
          response: {
            200: { description: 'The receipt; of a stream that nothing came from, an empty one.', ...json(Receipt) },
            ...problems(400, 401, 503),
          },
        },
      },
      async (request): Promise<Receipt> => {
        const { stream } = request.query;
        return receiptOf(stream, await readStream(store, callers.get(request)!, stream, MOST_MISSING_RANGES));
      },
    );
  };
}

/** RFC 9110, 15.5.2: a 401 says how to do better. */
function refused(detail: string): ProblemError {
  return new ProblemError('SIGNATURE_REFUSED', detail, { headers: { 'www-authenticate': 'SoracomBeam' } });
}

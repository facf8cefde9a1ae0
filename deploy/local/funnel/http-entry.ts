import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Clock } from '@tashika/shared/time';
import { bySourceAddress } from '../sims/index.ts';
import { BODY_LIMIT_BYTES, HTTP_TAKEN, type HttpAnswer, httpAnswer, type Refusal } from './answers.ts';
import type { Entry } from './entry.ts';
import type { Reception } from './reception.ts';

const SUPPORTED_TYPES = new Set(['application/json', 'text/plain', 'application/xml']);

/**
 * Funnel's HTTP entry point: a POST to any path.
 *
 * @param shaped what an answer of Funnel's looks like to the device
 */
export function httpEntry(
  reception: Reception,
  clock: Clock,
  shaped: (answer: HttpAnswer) => HttpAnswer = (answer) => answer,
): Entry {
  const server = createServer({ keepAliveTimeout: 120_000 });
  const { sourceOf, cutAll } = bySourceAddress(server, clock);
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    answerTo(request, sourceOf(request), reception).then(
      (answer) => write(response, shaped(answer)),
      () => response.destroy(), // the device hung up before its body was complete
    );
  };
  server.on('request', handle);
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    if (declaredLength(request) <= BODY_LIMIT_BYTES) response.writeContinue();
    handle(request, response);
  });
  return { server, cutAll };
}

async function answerTo(
  request: IncomingMessage,
  source: string | undefined,
  reception: Reception,
): Promise<HttpAnswer> {
  if (request.method !== 'POST') return { status: 405, body: '' };
  const admitted = reception.admit(source);
  if ('refusal' in admitted) return httpAnswer(admitted.refusal);
  const refused = (refusal: Refusal) => httpAnswer(reception.refuse(refusal));
  const given = request.headers['content-type'] ?? '';
  const mediaType = given.split(';', 1)[0]!.trim().toLowerCase();
  if (!SUPPORTED_TYPES.has(mediaType)) return refused({ reason: 'unsupported-type', given });
  if (declaredLength(request) > BODY_LIMIT_BYTES) return refused({ reason: 'too-large' });
  const body = await bodyOf(request);
  if (body === undefined) return refused({ reason: 'too-large' });
  const refusal = await reception.take(admitted, 'http', body);
  return refusal ? httpAnswer(refusal) : HTTP_TAKEN;
}

function declaredLength(request: IncomingMessage): number {
  return Number(request.headers['content-length'] ?? 0);
}

/** The whole body; undefined as soon as it is longer than Funnel takes. */
function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > BODY_LIMIT_BYTES) {
        chunks.length = 0;
        resolve(undefined);
      } else chunks.push(chunk);
    });
    request.on('end', () => resolve(Buffer.concat(chunks)));
    request.on('error', reject);
    request.on('close', () => reject(new Error('The connection closed within the body.')));
  });
}

/** The rest of an unread body is read away behind the answer, so that a device in mid-send still sees it. */
function write(response: ServerResponse, { status, contentType, body }: HttpAnswer): void {
  if (contentType) response.setHeader('content-type', contentType);
  if (body !== '') response.setHeader('content-length', Buffer.byteLength(body));
  if (status === 405) response.setHeader('allow', 'POST');
  response.writeHead(status).end(body);
  response.req.resume();
}

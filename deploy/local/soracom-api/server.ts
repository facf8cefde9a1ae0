import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { Clock } from '@tashika/shared/time';
import type { Fault, Faults } from './faults.ts';
import { HANDLERS, type Parts, type Success } from './handlers/index.ts';
import type { RateLimit } from './rate-limit.ts';
import { badRequest, bodyTooLarge, internalError, notFound, Refusal, tooManyRequests } from './refusal.ts';
import { type Asked, answerProblems, bodyProblems, operationAt, readQuery } from './schema/index.ts';

export interface ServerParts extends Parts {
  readonly clock: Clock;
  readonly faults: Faults;
  readonly rateLimit: RateLimit;
  /** Told of what the API itself got wrong: an answer that the schema does not allow, a disk that is full. */
  readonly onFault: (error: unknown) => void;
}

interface Answer extends Success {
  readonly status: number;
}

const BASE = '/v1';
const ORIGIN = 'http://127.0.0.1';
const BODY_LIMIT_BYTES = 1024 * 1024;
const CUT = Symbol('the connection is cut');

/** The API's HTTP server; it does not listen yet. */
export function apiServer(parts: ServerParts): Server {
  return createServer((request, response) => {
    request.on('error', () => {}); // who hangs up hears nothing
    void respond(request, response, parts).catch((error: unknown) => {
      parts.onFault(error);
      response.destroy();
    });
  });
}

async function respond(request: IncomingMessage, response: ServerResponse, parts: ServerParts): Promise<void> {
  const { method = '' } = request;
  const target = request.url ?? '';
  const url = new URL(URL.canParse(target, ORIGIN) ? target : '/', ORIGIN);
  const asked = url.pathname.startsWith(`${BASE}/`) ? operationAt(method, url.pathname.slice(BASE.length)) : undefined;
  if (!asked) {
    request.resume();
    return write(response, { status: 404, body: notFound(`${method} ${target}`).body });
  }
  const resource = asked.operation.path.split('/')[1]!;
  const { allowed, limit, remaining, secondsBeforeRefresh } = parts.rateLimit.take(resource);
  const headers = {
    'x-soracom-ratelimit-limit': limit,
    'x-soracom-ratelimit-remaining': remaining,
    'x-soracom-ratelimit-seconds-before-refresh': secondsBeforeRefresh,
  };
  const body = await bodyOf(request).catch(() => undefined);
  if (body === undefined) return; // hung up before the body was complete
  const fault = parts.faults.take(method, url.pathname.slice(BASE.length));
  const answer = await answered(fault, parts, () => {
    if (!allowed) throw tooManyRequests();
    return answerTo(asked, url, body, request, parts);
  });
  if (answer === CUT) {
    request.socket.destroy();
    return;
  }
  const checked = inSchema(asked, answer, parts);
  parts.account.audit.add({
    time: parts.clock.now(),
    kind: BASE + asked.operation.path,
    path: url.pathname,
    statusCode: checked.status,
    remoteAddress: request.socket.remoteAddress ?? '',
  });
  write(response, checked, { ...headers, ...pageHeaders(url, checked.nextKey) });
}

/** What is answered to a request that a fault befalls, or none. */
async function answered(
  fault: Fault | undefined,
  { clock, sessions, onFault }: ServerParts,
  handle: () => Answer,
): Promise<Answer | typeof CUT> {
  switch (fault?.kind) {
    case 'too-many-requests':
      return refused(tooManyRequests());
    case 'internal-error':
      return refused(internalError());
    case 'cut-before-the-change':
      return CUT;
    case 'tokens-expired':
      sessions.expireAll();
      break;
    case 'slow':
      await clock.sleep(fault.delayMs ?? 0);
  }
  let answer: Answer;
  try {
    answer = handle();
  } catch (error) {
    if (!(error instanceof Refusal)) onFault(error);
    answer = refused(error instanceof Refusal ? error : internalError());
  }
  if (fault?.kind === 'cut-after-the-change') return CUT;
  return fault?.kind === 'internal-error-after-the-change' ? refused(internalError()) : answer;
}

/** @throws Refusal */
function answerTo(asked: Asked, url: URL, text: Buffer, request: IncomingMessage, parts: ServerParts): Answer {
  const { operation, parameters } = asked;
  const apiKey = headerOf(request, 'x-soracom-api-key');
  if (!operation.withoutToken) parts.sessions.check({ apiKey, token: headerOf(request, 'x-soracom-token') });
  const query = readQuery(asked, url.searchParams);
  if ('wrong' in query) throw badRequest(`${query.wrong.join('; ')}.`);
  const body = jsonOf(text);
  const wrong = bodyProblems(operation, body);
  if (wrong.length > 0) throw badRequest(`${wrong.join('; ')}.`);
  const success = HANDLERS[operation.id]({ parameters, query: query.values, body, apiKey }, parts);
  return { status: operation.success.status, ...success };
}

/** What the schema does not allow is never answered. */
function inSchema({ operation }: Asked, answer: Answer, { onFault }: ServerParts): Answer {
  const wrong = answerProblems(operation, answer.status, answer.body);
  if (wrong.length === 0) return answer;
  onFault(new Error(`${operation.id}: ${wrong.join('; ')}`));
  return refused(internalError());
}

function refused({ status, body }: Refusal): Answer {
  return { status, body };
}

function pageHeaders(url: URL, nextKey: string | undefined): OutgoingHttpHeaders {
  if (nextKey === undefined) return {};
  const query = new URLSearchParams(url.searchParams);
  query.set('last_evaluated_key', nextKey);
  return { 'x-soracom-next-key': nextKey, link: `<${url.pathname}?${query}>; rel=next` };
}

function write(response: ServerResponse, { status, body }: Answer, headers: OutgoingHttpHeaders = {}): void {
  if (body === undefined) {
    response.writeHead(status, headers).end();
    return;
  }
  const text = JSON.stringify(body);
  const type = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
  response.writeHead(status, { ...headers, ...type }).end(text);
}

function headerOf({ headers }: IncomingMessage, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}

/** @throws Refusal 400, 413 */
function jsonOf(text: Buffer): unknown {
  if (text.length > BODY_LIMIT_BYTES) throw bodyTooLarge(BODY_LIMIT_BYTES);
  if (text.length === 0) return undefined;
  try {
    return JSON.parse(text.toString());
  } catch {
    throw badRequest('The body is not JSON.');
  }
}

/** The body, cut off behind the first byte too many. */
async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    if (length <= BODY_LIMIT_BYTES) chunks.push(chunk);
    length += chunk.length;
  }
  return Buffer.concat(chunks);
}

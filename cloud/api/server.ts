import { STATUS_CODES } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import type { Clock } from '@tashika/shared/time';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import { type CertificateFiles, followCertificate, readCertificate } from './certificate.ts';
import { rememberPaths } from './known-paths.ts';
import { opensStream } from './live/index.ts';
import { mayTakeLong } from './long-request.ts';
import { refuseForeignPages } from './loopback.ts';
import { describeRoutes } from './openapi.ts';
import { asProblem, PROBLEM_JSON, ProblemError } from './problem.ts';

const MOST_BODY_BYTES = 65_536;
const REQUEST_TIMEOUT_MS = 30_000;
/** From one address, other than loopback. Live streams are bounded by their own number instead: an office is one address. */
const REQUESTS_A_MINUTE = 600;

export interface ServerOptions {
  readonly logger: FastifyBaseLogger;
  readonly clock: Clock;
  /** What it is served by TLS with; by plain HTTP, if absent. */
  readonly tls?: CertificateFiles | undefined;
}

/**
 * An HTTP server without routes, by TLS where it has a certificate: what every answer has in common, errors as problem
 * details, and its own description. It comes in an object, because a bare instance is a promise too: awaited, it would
 * take no more routes.
 *
 * @throws TashikaError of readCertificate
 */
export async function createServer({ logger, clock, tls }: ServerOptions): Promise<{ readonly app: FastifyInstance }> {
  const certificate = tls && (await readCertificate(tls));
  const app = Fastify({
    ...(certificate && { https: { cert: certificate.cert, key: certificate.key, minVersion: 'TLSv1.2' as const } }),
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: MOST_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    routerOptions: { maxParamLength: 256 },
    ajv: { customOptions: { removeAdditional: false, coerceTypes: true } },
    frameworkErrors: (error, request, reply) => answerError(error, request as FastifyRequest, reply as FastifyReply),
    clientErrorHandler: answerMalformed,
  }) as FastifyInstance;
  if (tls && certificate) {
    const stop = followCertificate(app.server as unknown as HttpsServer, tls, certificate, { clock, logger });
    app.addHook('onClose', async () => stop());
  }

  // The handlers' types hold the answers to their schemas; a compiled serializer would drop and coerce in silence.
  app.setSerializerCompiler(() => (answer) => JSON.stringify(answer));
  app.setErrorHandler(answerError);
  const methodsOf = rememberPaths(app);
  await app.register(helmet, SECURITY_HEADERS);
  app.addHook('onRequest', async (request) => refuseForeignPages(request));
  await app.register(rateLimit, {
    max: REQUESTS_A_MINUTE,
    timeWindow: 60_000,
    allowList: (request) => /^(::ffff:)?127\.|^::1$/.test(request.ip) || opensStream(request),
  });
  async function refuseUnknown(request: FastifyRequest): Promise<never> {
    throw notFound(request, methodsOf(request.url.split('?')[0]!));
  }
  // Most are told here, before their body is parsed; the handler is for what is among the dashboard's files and is not.
  app.addHook('onRequest', async (request) => {
    if (request.is404) await refuseUnknown(request);
  });
  app.setNotFoundHandler(refuseUnknown);
  await describeRoutes(app);
  return { app };
}

/** Helmet's defaults, less what would force https on a loopback address, and with nothing inline. */
const SECURITY_HEADERS = {
  strictTransportSecurity: false,
  xFrameOptions: { action: 'deny' as const },
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'self'"],
      imgSrc: ["'self'", 'data:'],
      objectSrc: ["'none'"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
  },
};

function notFound(request: FastifyRequest, methods: readonly string[]): ProblemError {
  const [path] = request.url.split('?');
  if (methods.length === 0) return new ProblemError('NOT_FOUND', `There is nothing at ${path!.slice(0, 200)}.`);
  const allow = methods.join(', ');
  return new ProblemError(
    'METHOD_NOT_ALLOWED',
    `${request.method} is not possible here; use ${methods.join(' or ')}.`,
    {
      headers: { allow },
    },
  );
}

function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const { problem, headers, cause } = asProblem(error, request.routeOptions?.bodyLimit);
  if (problem.status >= 500) request.log.error({ err: cause ?? error, url: request.url }, problem.title);
  void reply.code(problem.status).headers(headers).type(PROBLEM_JSON).send(JSON.stringify(problem));
}

/** What is no HTTP at all never becomes a request; the answer goes to the socket. */
function answerMalformed(error: NodeJS.ErrnoException, socket: import('node:net').Socket): void {
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && mayTakeLong(socket)) return;
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const status = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 }[error.code ?? ''] ?? 400;
  const title = STATUS_CODES[status]!;
  const body = JSON.stringify({
    type: 'about:blank',
    title,
    status,
    detail: 'This is no HTTP request.',
    code: 'BAD_REQUEST',
  });
  socket.end(
    `HTTP/1.1 ${status} ${title}\r\ncontent-type: ${PROBLEM_JSON}\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
  );
}

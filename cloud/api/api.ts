import { STATUS_CODES } from 'node:http';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import type { Clock, Duration } from '@tashika/shared/time';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import type { RegionCompleteness } from '../ledger/index.ts';
import type { Metrics } from '../metrics/index.ts';
import type { Store } from '../store/index.ts';
import { completenessRoute } from './completeness.ts';
import { serveDashboard } from './dashboard.ts';
import { deadLetterRoutes, type Redrive } from './dead-letters.ts';
import { deviceRoutes } from './devices.ts';
import { healthRoutes, type OwnWorker } from './health.ts';
import { rememberPaths } from './known-paths.ts';
import { LiveFeed, liveRoutes } from './live/index.ts';
import { refuseForeignPages } from './loopback.ts';
import { metricsRoute } from './metrics.ts';
import { describeRoutes } from './openapi.ts';
import { asProblem, PROBLEM_JSON, ProblemError } from './problem.ts';
import { regionRoutes } from './regions.ts';
import { windowRoutes } from './windows.ts';

export interface ApiOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: FastifyBaseLogger;
  readonly metrics: Metrics;
  /** Reads how complete the readings are; asked by the metrics too, so that both share one scan. */
  readonly completeness: () => Promise<RegionCompleteness>;
  readonly redrive: Redrive;
  /** The worker of this process; none where it is another one's. */
  readonly worker?: (() => OwnWorker | undefined) | undefined;
  /** A device that has not posted for this long is silent. */
  readonly silentAfterMs: Duration;
  /** Where the built dashboard is; without it, `/` is not found. */
  readonly webDirectory?: string | undefined;
}

const MOST_BODY_BYTES = 65_536;
const REQUEST_TIMEOUT_MS = 30_000;
/** From one address, other than loopback. */
const REQUESTS_A_MINUTE = 600;

/** The API with its live feed running and no port yet. Closing it ends the live streams. */
export async function createApi(options: ApiOptions): Promise<FastifyInstance> {
  const { store, clock, metrics, completeness, redrive, silentAfterMs } = options;
  const logger = options.logger.child({ part: 'api' });
  const app: FastifyInstance = Fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: MOST_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    routerOptions: { maxParamLength: 256 },
    ajv: { customOptions: { removeAdditional: false, coerceTypes: true } },
    frameworkErrors: (error, request, reply) => answerError(error, request as FastifyRequest, reply as FastifyReply),
    clientErrorHandler: answerMalformed,
  });

  // The handlers' types hold the answers to their schemas; a compiled serializer would drop and coerce in silence.
  app.setSerializerCompiler(() => (answer) => JSON.stringify(answer));
  app.setErrorHandler(answerError);
  const methodsOf = rememberPaths(app);
  await app.register(helmet, SECURITY_HEADERS);
  app.addHook('onRequest', async (request) => refuseForeignPages(request));
  await app.register(rateLimit, {
    max: REQUESTS_A_MINUTE,
    timeWindow: 60_000,
    allowList: (request) => /^(::ffff:)?127\.|^::1$/.test(request.ip),
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

  const feed = new LiveFeed({ store, clock, logger, silentAfterMs });
  await app.register(windowRoutes({ store, clock }));
  await app.register(deviceRoutes({ store, clock, silentAfterMs }));
  await app.register(completenessRoute({ completeness }));
  await app.register(deadLetterRoutes({ store, redrive }));
  await app.register(regionRoutes);
  await app.register(liveRoutes({ feed }));
  await app.register(healthRoutes({ store, clock, worker: options.worker }));
  await app.register(metricsRoute({ metrics }));
  await serveDashboard(app, options.webDirectory);
  app.addHook('preClose', () => feed.stop());
  await app.ready();
  await feed.start();
  return app;
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
  const { problem, headers, cause } = asProblem(error);
  if (problem.status >= 500) request.log.error({ error: cause ?? error, url: request.url }, problem.title);
  void reply.code(problem.status).headers(headers).type(PROBLEM_JSON).send(JSON.stringify(problem));
}

/** What is no HTTP at all never becomes a request; the answer goes to the socket. */
function answerMalformed(error: NodeJS.ErrnoException, socket: import('node:net').Socket): void {
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

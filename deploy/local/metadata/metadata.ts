import { createServer, type IncomingMessage } from 'node:http';
import { type Clock, systemClock } from '@tashika/shared/time';
import { closed, listen, portOf } from '../listening/index.ts';
import { bySourceAddress, type Sim, simOf } from '../sims/index.ts';
import { subscriberOf, valueAt } from './subscriber.ts';

export interface MetadataOptions {
  readonly host?: string;
  /** 0 for any free port. */
  readonly port?: number;
  /** The SIM's tags, asked at each request; undefined for a SIM whose group has metadata switched off. */
  readonly tagsOf: (sim: Sim) => Readonly<Record<string, string>> | undefined;
  /** The user data of the SIM's group, asked at each request; undefined where none are set. */
  readonly userData?: (sim: Sim) => string | undefined;
  /** The id of the SIM's group, asked at each request. Standard: all are in one. */
  readonly groupIdOf?: (sim: Sim) => string | undefined;
  readonly clock?: Clock;
}

export interface Metadata {
  readonly port: number;
  stop(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

const THE_GROUP = '00000000-0000-4000-8000-000000000001';
const NOT_ALLOWED: Answer = text(403, 'You are not allowed to access Metadata Server.');
const NO_SUCH_KEY: Answer = text(404, 'Specified key does not exist.');

/**
 * Starts a stand-in for SORACOM's metadata service: `/v1/subscriber`, a dot path into it (`/v1/subscriber.tags.pref`)
 * and `/v1/userdata`. Whose record it is, the source address says. It can only be read.
 *
 * @throws TashikaError `PORT_BUSY`
 */
export async function startMetadata(options: MetadataOptions): Promise<Metadata> {
  const server = createServer({ keepAliveTimeout: 120_000 });
  const connections = bySourceAddress(server, options.clock ?? systemClock);
  server.on('request', (request, response) => {
    const { status, contentType, body } = answerTo(request, connections.sourceOf(request), options);
    response.writeHead(status, { 'content-type': contentType, 'content-length': Buffer.byteLength(body) });
    response.end(request.method === 'HEAD' ? undefined : body);
    request.resume();
  });
  await listen(server, options.port ?? 0, options.host ?? '127.0.0.1');
  return {
    port: portOf(server),
    stop: async () => {
      const closing = closed(server);
      connections.cutAll();
      await closing;
    },
  };
}

function answerTo(
  { method, url = '' }: IncomingMessage,
  source: string | undefined,
  { tagsOf, userData, groupIdOf = () => THE_GROUP }: MetadataOptions,
): Answer {
  const sim = simOf(source);
  const tags = sim && tagsOf(sim);
  if (!sim || !tags || (method !== 'GET' && method !== 'HEAD')) return NOT_ALLOWED;
  const path = decoded(url.split('?', 1)[0]!);
  if (path === '/v1/userdata') {
    const data = userData?.(sim);
    return data === undefined ? NO_SUCH_KEY : text(200, data);
  }
  const key = /^\/v1\/subscriber(?:\.(.+))?$/.exec(path);
  const value = key && valueAt(subscriberOf(sim, { tags, groupId: groupIdOf(sim) }), key[1] ?? '');
  if (value === null || value === undefined) return NO_SUCH_KEY;
  // The service ends a value with a newline: a device has to trim it.
  return value.startsWith('{')
    ? { status: 200, contentType: 'application/json', body: `${value}\n` }
    : text(200, `${value}\n`);
}

function text(status: number, body: string): Answer {
  return { status, contentType: 'text/plain', body };
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

import { createServer, type IncomingHttpHeaders, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { pipeline } from 'node:stream';
import { type Clock, type Duration, systemClock } from '@tashika/shared/time';
import { closed, listen, portOf } from '../listening/index.ts';
import { bySourceAddress, type Sim, simOf } from '../sims/index.ts';
import { type Answer, Destination, endToEnd } from './destination.ts';
import { forwardedOf } from './forwarded.ts';
import { signedHeaders } from './signed-headers.ts';

export interface BeamOptions {
  readonly host?: string;
  /** Port of the website entry point; 0 for any free one. */
  readonly port?: number;
  /** Where requests are forwarded to, such as `http://127.0.0.1:8080`. */
  readonly destination: string;
  /**
   * What requests are signed with, of all SIMs or of each, asked at each request; undefined for a SIM whose group has no
   * such entry point.
   */
  readonly preSharedKey: string | ((sim: Sim) => string | undefined);
  /** How long the destination may take, in ms. */
  readonly timeoutMs?: Duration;
  readonly clock?: Clock;
}

export interface Beam {
  readonly port: number;
  stop(): Promise<void>;
}

const FROM_DEVICES_WITHIN_MS: Duration = 10_000;

/**
 * Starts a stand-in for SORACOM Beam's website entry point: a request is forwarded with its SIM's signature, and the
 * device hears what the destination answers. Which SIM it is, the source address says; what a device writes into
 * Beam's own headers is thrown away.
 *
 * @throws TashikaError `PORT_BUSY`
 */
export async function startBeam(options: BeamOptions): Promise<Beam> {
  const { clock = systemClock, preSharedKey } = options;
  const destination = new Destination(options.destination, options.timeoutMs ?? 10_000);
  const server = createServer({
    keepAliveTimeout: 120_000,
    headersTimeout: FROM_DEVICES_WITHIN_MS,
    requestTimeout: FROM_DEVICES_WITHIN_MS,
  });
  const connections = bySourceAddress(server, clock);

  async function answerTo(request: IncomingMessage): Promise<Answer> {
    const { method = '', url = '/', headers } = request;
    const path = pathOf(url);
    const forwarded = forwardedOf(path);
    if (path === undefined || !forwarded) return text(404, 'Only /v1/… and /{tenant}/controller/v1/… are forwarded.');
    const { methods, mostBodyBytes, streamed } = forwarded;
    if (!methods.includes(method))
      return text(405, `Only ${methods.join(', ')} are forwarded.`, { allow: methods.join(', ') });
    if (mostBodyBytes === 0 && hasBody(headers))
      return text(413, 'A request with a body is not forwarded.', { connection: 'close' });
    const sim = simOf(connections.sourceOf(request));
    if (!sim) return text(403, 'The source address is no SIM.');
    const key = typeof preSharedKey === 'string' ? preSharedKey : preSharedKey(sim);
    if (key === undefined) return text(404, "The SIM's group has no entry point of Beam that signs.");
    const body = await bodyOf(request, mostBodyBytes);
    if (!body)
      return text(413, `A body of more than ${mostBodyBytes} bytes is not forwarded.`, { connection: 'close' });
    const { host, 'content-length': _, ...own } = withoutOurs(endToEnd(headers));
    const ours = { 'x-forwarded-host': host ?? '', ...signedHeaders(key, sim, clock.now()) };
    const question = { method, path, headers: { ...own, ...ours }, body };
    try {
      return await (streamed ? destination.stream(question) : destination.ask(question));
    } catch {
      return text(502, 'The destination does not answer.');
    }
  }

  server.on('request', (request, response) => {
    void answerTo(request).then(({ status, headers, body }) => {
      request.resume(); // what nobody has read of it
      response.writeHead(status, headers);
      if (Buffer.isBuffer(body)) response.end(body);
      // No faster than the device reads; where one of the two breaks off, so does the other.
      else pipeline(body, response, () => {});
    });
  });
  try {
    await listen(server, options.port ?? 0, options.host ?? '127.0.0.1');
  } catch (error) {
    destination.close();
    throw error;
  }
  return {
    port: portOf(server),
    async stop() {
      const closing = closed(server);
      connections.cutAll();
      destination.close();
      await closing;
    },
  };
}

/** The path that a request comes to once `..` and its like are gone, query included; undefined if it is no path. */
function pathOf(requestTarget: string): string | undefined {
  if (!requestTarget.startsWith('/') || !URL.canParse(`http://beam${requestTarget}`)) return undefined;
  const { pathname, search } = new URL(`http://beam${requestTarget}`);
  return pathname + search;
}

function hasBody(headers: IncomingHttpHeaders): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) !== 0;
}

/** A request's body; undefined where it is longer than it may be, or ends before its end. */
async function bodyOf(request: IncomingMessage, mostBytes: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > mostBytes) return undefined;
      chunks.push(chunk);
    }
  } catch {
    return undefined; // the device is gone, and hears nothing
  }
  return Buffer.concat(chunks);
}

/** Only Beam says who a device is. */
function withoutOurs(headers: OutgoingHttpHeaders): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith('x-soracom-')));
}

function text(status: number, sentence: string, headers: OutgoingHttpHeaders = {}): Answer {
  const body = Buffer.from(`${sentence}\n`);
  return { status, headers: { 'content-type': 'text/plain', 'content-length': body.length, ...headers }, body };
}

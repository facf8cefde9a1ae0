import type { ClientRequest, Agent as HttpAgent, IncomingMessage } from 'node:http';
import type { LookupFunction, Socket } from 'node:net';
import type { Duration } from '@tashika/shared/time';
import { beginningOf } from './answer-body.ts';
import { deadline } from './deadline.ts';
import { Agent, request } from './node-http.ts';

/** An idle connection is closed after this time: longer, and the network may have forgotten it without telling. */
const IDLE: Duration = 60_000;

export interface HttpClientOptions {
  /** Such as `http://funnel.soracom.io`. */
  readonly origin: string;
  /** Chooses the network interface. */
  readonly localAddress?: string | undefined;
  /** For the whole of one exchange, connecting included. */
  readonly timeoutMs: Duration;
  /** How names are resolved; the system's way where absent. */
  readonly lookup?: LookupFunction | undefined;
  /** Told after each exchange what went through its socket, in bytes, and whether the socket was new. */
  readonly onBytes?: ((read: number, written: number, newConnection: boolean) => void) | undefined;
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** With its query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

export interface HttpAnswer {
  readonly status: number;
  /** Empty where the answer names none. */
  readonly contentType: string;
  /** What came before the body, in bytes. */
  readonly headBytes: number;
  /** When to come back, as the answer's `Retry-After` says. */
  readonly retryAfter: string | undefined;
  /** The beginning of the body. */
  readonly body: string;
}

/**
 * HTTP/1.1 over one connection at a time that is kept alive. It sends no header that a server could do without: the
 * bytes of a cellular link are paid for. A name is resolved anew for each new connection.
 */
export class HttpClient {
  readonly #origin: URL;
  readonly #options: HttpClientOptions;
  #agent: Promise<HttpAgent> | undefined;
  #opened = 0;

  constructor(options: HttpClientOptions) {
    this.#options = options;
    this.#origin = new URL(options.origin);
  }

  /** Connections opened so far. */
  get opened(): number {
    return this.#opened;
  }

  /**
   * One exchange.
   *
   * @param mostBytes of the answer's body that are read; a longer one ends its connection
   * @throws Error where there is no answer, none in time, or `signal` is aborted
   */
  exchange(asked: HttpRequest, signal: AbortSignal, mostBytes?: number): Promise<HttpAnswer> {
    return this.receive(asked, signal, async (answer) => {
      const contentType = answer.headers['content-type'] ?? '';
      const headBytes = bytesOf(answer);
      const retryAfter = answer.headers['retry-after'];
      return {
        status: answer.statusCode!,
        contentType,
        headBytes,
        retryAfter,
        body: await beginningOf(answer, mostBytes),
      };
    });
  }

  /**
   * One exchange whose answer `read` takes from the wire, for what is too long to be kept. A body that it does not read
   * to its end ends the connection.
   *
   * @throws Error as `exchange` does, and what `read` throws
   */
  async receive<Result>(
    asked: HttpRequest,
    signal: AbortSignal,
    read: (answer: IncomingMessage) => Promise<Result>,
  ): Promise<Result> {
    const { timeoutMs } = this.#options;
    const limit = deadline(timeoutMs, signal);
    let metered: (() => void) | undefined;
    try {
      const answer = await this.#send(await this.#connections(), asked, limit.signal, (socket, isNew) => {
        metered = this.#metering(socket, isNew);
      });
      try {
        return await read(answer);
      } finally {
        if (!answer.readableEnded) answer.destroy(); // the next exchange would wait for it
      }
    } catch (error) {
      throw limit.passed ? new Error(`no answer in ${timeoutMs} ms`, { cause: error }) : error;
    } finally {
      metered?.();
      limit.clear();
    }
  }

  async close(): Promise<void> {
    (await this.#agent)?.destroy();
    this.#agent = undefined;
  }

  /** What is to be called when the exchange is over. */
  #metering(socket: Socket, isNew: boolean): () => void {
    const { bytesRead, bytesWritten } = socket;
    return () => this.#options.onBytes?.(socket.bytesRead - bytesRead, socket.bytesWritten - bytesWritten, isNew);
  }

  #send(
    agent: HttpAgent,
    { method, path, headers, body }: HttpRequest,
    signal: AbortSignal,
    onSocket: (socket: Socket, isNew: boolean) => void,
  ): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const { protocol, hostname, port } = this.#origin;
      const host = hostname.replace(/^\[|\]$/g, ''); // an IPv6 address stands in brackets
      const length = body === undefined ? {} : { 'content-length': body.length };
      const sent: ClientRequest = request(
        { agent, protocol, host, port, method, path, headers: { ...headers, ...length }, signal },
        resolve,
      );
      sent.removeHeader('connection'); // HTTP/1.1 keeps it alive unless told otherwise
      sent.once('socket', (socket) => {
        if (socket.connecting) this.#opened++;
        onSocket(socket, socket.connecting);
      });
      sent.once('error', reject);
      sent.end(body);
    });
  }

  #connections(): Promise<HttpAgent> {
    this.#agent ??= this.#newAgent();
    return this.#agent;
  }

  async #newAgent(): Promise<HttpAgent> {
    const { localAddress, timeoutMs, lookup } = this.#options;
    const options = {
      keepAlive: true,
      maxSockets: 1,
      timeout: IDLE,
      ...connecting({ localAddress, timeoutMs, lookup }),
    };
    if (this.#origin.protocol !== 'https:') return new Agent(options);
    const https = await import('node:https');
    return new https.Agent(options);
  }
}

/** The status line and the headers, each with what parts and ends it. */
function bytesOf({ httpVersion, statusCode, statusMessage, rawHeaders }: IncomingMessage): number {
  const statusLine = `HTTP/${httpVersion} ${statusCode} ${statusMessage}\r\n\r\n`;
  return rawHeaders.reduce((bytes, each) => bytes + Buffer.byteLength(each, 'latin1') + 2, statusLine.length);
}

/**
 * How a socket connects over a slow link: of several addresses each is given a third of the time. Node's standard is a
 * quarter of a second, less than one round trip of a bad cellular link.
 */
export function connecting(options: Pick<HttpClientOptions, 'localAddress' | 'timeoutMs' | 'lookup'>): {
  readonly localAddress?: string;
  readonly lookup?: LookupFunction;
  readonly autoSelectFamilyAttemptTimeout: Duration;
} {
  const { localAddress, timeoutMs, lookup } = options;
  return {
    autoSelectFamilyAttemptTimeout: Math.max(10, Math.ceil(timeoutMs / 3)),
    ...(localAddress === undefined ? {} : { localAddress }),
    ...(lookup === undefined ? {} : { lookup }),
  };
}

import { Agent, type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http';
import type { Readable } from 'node:stream';
import type { Duration } from '@tashika/shared/time';

/** An answer of the destination: whole, or as it comes. */
export interface Answer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer | Readable;
}

/** What the destination is asked. */
export interface Question {
  readonly method: string;
  /** Query included. */
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body?: Buffer;
}

/** A device that reads slowly holds the destination up; one that takes nothing for this long is gone. */
const STALLED_AFTER_MS: Duration = 60_000;

const MOST_ANSWER_BYTES = 1024 * 1024;

/** They speak of one connection and not of the message (RFC 9110, 7.6.1). */
const HOP_BY_HOP = new Set([
  ...['connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'proxy-connection'],
  ...['te', 'trailer', 'transfer-encoding', 'upgrade'],
]);

/** Where Beam forwards to, over connections that it keeps. */
export class Destination {
  readonly #url: string;
  readonly #timeoutMs: Duration;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64, timeout: 60_000 });

  constructor(url: string, timeoutMs: Duration) {
    this.#url = url.replace(/\/+$/, '');
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Asks at this destination and no other, for an answer that is there as soon as it begins.
   *
   * @throws Error where the destination is away, or takes longer than it may until it answers
   */
  stream({ method, path, headers, body }: Question): Promise<Answer> {
    const url = new URL(this.#url + path);
    return new Promise((resolve, reject) => {
      const outgoing = request(url, { method, headers, agent: this.#agent, timeout: this.#timeoutMs }, (response) => {
        outgoing.setTimeout(STALLED_AFTER_MS);
        resolve({ status: response.statusCode!, headers: endToEnd(response.headers), body: response });
      });
      outgoing.on('timeout', () => outgoing.destroy(new Error('The destination takes too long.')));
      outgoing.on('error', reject);
      outgoing.end(body?.length ? body : undefined);
    });
  }

  /**
   * Asks for a whole answer.
   *
   * @throws Error where the destination is away, takes longer than it may, or answers with more than it may
   */
  ask({ method, path, headers, body }: Question): Promise<Answer> {
    const url = new URL(this.#url + path);
    const signal = AbortSignal.timeout(this.#timeoutMs);
    return new Promise((resolve, reject) => {
      const outgoing = request(url, { method, headers, agent: this.#agent, signal }, (response) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > MOST_ANSWER_BYTES) response.destroy(new Error('The answer is too long.'));
          else chunks.push(chunk);
        });
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode!,
            headers: endToEnd(response.headers),
            body: Buffer.concat(chunks),
          }),
        );
      });
      outgoing.on('error', reject);
      outgoing.end(body?.length ? body : undefined);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** The headers of a message without those of its connection. */
export function endToEnd(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.has(name)));
}

import { Agent, type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http';
import type { Duration } from '@tashika/shared/time';

/** A whole answer of the destination. */
export interface Answer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer;
}

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
   * Asks for `path` (query included), at this destination and no other.
   *
   * @throws Error where the destination is away, takes longer than it may, or answers with more than it may
   */
  ask(method: string, path: string, headers: OutgoingHttpHeaders, body?: Buffer): Promise<Answer> {
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

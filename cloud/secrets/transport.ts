import { type IncomingMessage, type RequestOptions, request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import type { Clock, Duration } from '@tashika/shared/time';

/** A request as node-vault composes it. */
export interface VaultRequest {
  readonly method: string;
  readonly uri: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The body, or true where there is none. */
  readonly json?: object | boolean;
}

/** An answer as node-vault takes it. */
export interface VaultResponse {
  readonly statusCode: number;
  /** The JSON of the body; undefined where there is none, or what came is none. */
  readonly body: unknown;
  readonly request: { readonly path: string };
  /** How long the server asks to be left alone, by its header `Retry-After`. */
  readonly retryAfterMs: Duration;
}

const ANSWER_WITHIN_MS: Duration = 10_000;
const MOST_BYTES = 4 * 1024 * 1024;

/**
 * Sends node-vault's requests, in the place of its axios. That one sends the token on to wherever a redirect or a
 * proxy of the environment leads, waits for ever, and puts the token into its errors. This one follows nothing, takes
 * 10 s and 4 MiB at most, and its errors say what failed and nothing of what was sent.
 *
 * @param ca PEM of the authorities that are trusted; the system's, if absent
 */
export function vaultTransport(clock: Clock, ca?: string): (sent: VaultRequest) => Promise<VaultResponse> {
  return ({ method, uri, headers, json }) =>
    new Promise((resolve, reject) => {
      const url = new URL(uri);
      const body = typeof json === 'object' ? JSON.stringify(json) : undefined;
      const options: RequestOptions & { ca?: string } = {
        method,
        headers: {
          ...headers,
          // Vault takes requests without it for forged ones where it is set to.
          'X-Vault-Request': 'true',
          ...(body !== undefined && { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }),
        },
        agent: false,
        ...(ca !== undefined && { ca }),
      };
      const request = (url.protocol === 'https:' ? requestTls : requestPlain)(url, options, (response) => {
        read(response).then((bytes) => settle(() => resolve(answerOf(response, bytes, url))), fail);
      });
      const timer = clock.after(ANSWER_WITHIN_MS, () =>
        request.destroy(new Error(`no answer in ${ANSWER_WITHIN_MS} ms`)),
      );
      function settle(done: () => void): void {
        timer.cancel();
        done();
      }
      function fail(error: Error): void {
        request.destroy();
        settle(() => reject(error));
      }
      request.on('error', fail);
      request.end(body);
    });
}

async function read(response: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of response) {
    bytes += (part as Buffer).byteLength;
    if (bytes > MOST_BYTES) throw new Error(`the answer is longer than ${MOST_BYTES} bytes`);
    parts.push(part as Buffer);
  }
  return Buffer.concat(parts);
}

function answerOf({ statusCode = 0, headers }: IncomingMessage, bytes: Buffer, url: URL): VaultResponse {
  const retryAfterS = Number(headers['retry-after'] ?? 0);
  return {
    statusCode,
    body: jsonOf(bytes),
    request: { path: url.pathname },
    retryAfterMs: Number.isFinite(retryAfterS) && retryAfterS > 0 ? retryAfterS * 1000 : 0,
  };
}

function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}

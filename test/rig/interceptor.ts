import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** What becomes of a request on its way. */
export type RequestFate =
  /** It arrives, and so does its answer. */
  | 'pass'
  /** It does not arrive, and its sender hears nothing. */
  | 'never-arrives'
  /** It arrives and is answered, and its sender hears nothing. */
  | 'answer-lost';

export interface InterceptedRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
}

/**
 * Starts a proxy before an HTTP service that can keep a request, or its answer, for good: whoever sent it waits until
 * it is killed. It goes with the test.
 *
 * @param fateOf asked for each request
 * @param onKept told once nothing more will come of a request
 * @returns its address
 */
export async function startInterceptor(
  target: string,
  fateOf: (request: InterceptedRequest) => RequestFate,
  onKept: (request: InterceptedRequest) => void,
): Promise<string> {
  const server = createServer((incoming, outgoing) => {
    const intercepted = { method: incoming.method ?? '', path: incoming.url ?? '' };
    const fate = fateOf(intercepted);
    if (fate === 'never-arrives') return onKept(intercepted);
    forward(
      new URL(intercepted.path, target),
      incoming,
      outgoing,
      fate === 'pass' ? undefined : () => onKept(intercepted),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** @param kept called in the place of an answer */
function forward(to: URL, incoming: IncomingMessage, outgoing: ServerResponse, kept: (() => void) | undefined): void {
  const { method, headers } = incoming;
  const upstream = request(to, { method, headers: { ...headers, host: to.host } }, (answer) => {
    if (kept) {
      answer.resume().once('end', kept);
      return;
    }
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(outgoing);
  });
  upstream.on('error', () => outgoing.destroy());
  incoming.pipe(upstream);
}

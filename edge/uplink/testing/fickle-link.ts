import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Post } from '@tashika/shared/telemetry';

/** How the link treats one post. */
export type Treatment = (request: IncomingMessage, response: ServerResponse, post: Post) => void;

export const accept: Treatment = (_request, response) => response.writeHead(204).end();
export const reset: Treatment = (request) => request.socket.resetAndDestroy();
/** Takes the post and never answers. */
export const silence: Treatment = () => undefined;
/** Answers headers, and drips a body that never ends. */
export const drip: Treatment = (request, response) => {
  response.writeHead(500);
  const dripping = setInterval(() => response.write('.'), 20);
  request.socket.once('close', () => clearInterval(dripping));
};

export function status(code: number, body = '', contentType = 'application/json'): Treatment {
  return (_request, response) => response.writeHead(code, { 'content-type': contentType }).end(body);
}

export interface FickleLink {
  readonly url: string;
  /** Posts whose bytes arrived whole, answered or not. */
  readonly posts: Post[];
  /** Posts that were answered with 204. */
  readonly accepted: Post[];
  /** How the next posts are treated, one each; then all are accepted. */
  readonly next: Treatment[];
  /** How posts are treated when `next` is used up. */
  otherwise: Treatment;
  readonly connections: number;
  close(): Promise<void>;
}

/** Funnel's HTTP entry on a bad day. */
export async function startFickleLink(): Promise<FickleLink> {
  let connections = 0;
  const link = {
    posts: [] as Post[],
    accepted: [] as Post[],
    next: [] as Treatment[],
    otherwise: accept as Treatment,
    get connections() {
      return connections;
    },
    url: '',
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  } satisfies FickleLink;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk);
    } catch {
      return; // the device went away
    }
    const post = JSON.parse(Buffer.concat(chunks).toString()) as Post;
    link.posts.push(post);
    response.once('finish', () => response.statusCode === 204 && link.accepted.push(post));
    (link.next.shift() ?? link.otherwise)(request, response, post);
  });
  server.on('connection', () => connections++);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  link.url = `http://127.0.0.1:${port}/`;
  return link;
}

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer } from '../../http/index.ts';

/** What a test's server offers. */
export interface OfferedUpdate {
  readonly id: string;
  readonly version: string;
  readonly bundle: Buffer;
  readonly part?: string;
  /** Announced instead of the bundle's own. */
  readonly sha256?: string;
  update?: 'skip' | 'attempt' | 'forced';
  maintenanceWindow?: 'available' | 'unavailable';
}

export interface Told {
  readonly to: string;
  readonly id: string;
  readonly execution: string;
  readonly finished: string;
  readonly details: readonly string[];
}

/** hawkBit's DDI as far as an updater sees it, and as broken as a test wants it. */
export interface UpdateServer {
  readonly url: string;
  offer: OfferedUpdate | undefined;
  /** Set: what the server wants stopped. */
  cancel: { readonly id: string; readonly stopId: string } | undefined;
  readonly told: Told[];
  readonly attributes: Record<string, string>[];
  /** Method, path and range of each request. */
  readonly requests: string[];
  /** Answers in the place of the server where it returns true. */
  disturb: (request: IncomingMessage, response: ServerResponse) => boolean;
  close(): Promise<void>;
}

const BASE = '/tashika/controller/v1';

export async function startUpdateServer(port = 0): Promise<UpdateServer> {
  const server = createServer((request, response) => {
    request.on('error', () => undefined);
    void answer(request, response).catch(() => response.destroy());
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const self: UpdateServer = {
    url,
    offer: undefined,
    cancel: undefined,
    told: [],
    attributes: [],
    requests: [],
    disturb: () => false,
    async close() {
      if (!server.listening) return;
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url: path = '', headers } = request;
    self.requests.push([method, path.replace(/controller\/v1\/[^/]+/, '*'), headers.range].filter(Boolean).join(' '));
    if (self.disturb(request, response)) return;
    const [, id, what = '', of = '', last = ''] =
      /^\/tashika\/controller\/v1\/([^/]+)\/?([^/]*)\/?([^/]*)\/?(.*)$/.exec(path.replace(/\?.*/, '')) ?? [];
    if (id === undefined) return void response.writeHead(404).end();
    // Another host than the one that was asked: the updater must stay with the one that it knows.
    const base = `http://update.example:9999${BASE}/${id}`;
    const json = (body: object) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(body));
    };
    const { offer, cancel } = self;
    if (what === '')
      return json({
        config: { polling: { sleep: '00:05:00' } },
        _links: {
          ...(self.attributes.length === 0 && { configData: { href: `${base}/configData` } }),
          ...(cancel
            ? { cancelAction: { href: `${base}/cancelAction/${cancel.id}` } }
            : offer && { deploymentBase: { href: `${base}/deploymentBase/${offer.id}?c=1` } }),
        },
      });
    if (what === 'configData') {
      self.attributes.push((await bodyOf(request)).data as Record<string, string>);
      return void response.end();
    }
    if (last === 'feedback') {
      const { status } = (await bodyOf(request)) as {
        status: { execution: string; result: { finished: string }; details: string[] };
      };
      const { execution, result, details } = status;
      self.told.push({ to: what, id: of, execution, finished: result.finished, details });
      if (execution === 'closed' && what === 'deploymentBase' && of === self.offer?.id) self.offer = undefined;
      if (what === 'cancelAction') self.cancel = undefined;
      return void response.end();
    }
    if (what === 'cancelAction' && cancel) return json({ id: cancel.id, cancelAction: { stopId: cancel.stopId } });
    if (what !== 'deploymentBase' || !offer || of !== offer.id) return void response.writeHead(404).end();
    if (last.startsWith('artifacts/')) return sendBundle(offer.bundle, headers, response);
    return json({ id: offer.id, deployment: deploymentOf(offer, `${base}/deploymentBase/${offer.id}`) });
  }
  return self;
}

function deploymentOf(offer: OfferedUpdate, base: string): object {
  const { version, bundle, part = 'bApp', update = 'attempt', maintenanceWindow } = offer;
  const hash = (name: string) => createHash(name).update(bundle).digest('hex');
  const hashes = { sha1: hash('sha1'), md5: hash('md5'), sha256: offer.sha256 ?? hash('sha256') };
  const href = `${base}/artifacts/agent.raucb`;
  const artifact = { filename: 'agent.raucb', size: bundle.length, hashes, _links: { 'download-http': { href } } };
  const chunks = [{ part, version, name: 'agent', artifacts: [artifact] }];
  return { download: 'attempt', update, ...(maintenanceWindow && { maintenanceWindow }), chunks };
}

function sendBundle(bundle: Buffer, headers: IncomingMessage['headers'], response: ServerResponse): void {
  const etag = `"${createHash('sha256').update(bundle).digest('hex').slice(0, 16)}"`;
  const unchanged = headers['if-range'] === undefined || headers['if-range'] === etag;
  const [, from, to] = (unchanged && /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '')) || [];
  if (from === undefined) return void response.writeHead(200, { etag, 'content-length': bundle.length }).end(bundle);
  const part = bundle.subarray(Number(from), Number(to) + 1);
  const range = `bytes ${from}-${Number(from) + part.length - 1}/${bundle.length}`;
  response.writeHead(206, { etag, 'content-range': range, 'content-length': part.length }).end(part);
}

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>;
}

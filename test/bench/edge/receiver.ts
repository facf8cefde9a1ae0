import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

type Pack = readonly Readonly<Record<string, unknown>>[];

/** What somebody has posted. */
export interface Posted {
  readonly posts: number;
  readonly readings: number;
  /** Of the packs, without what stands around them. */
  readonly packBytes: number;
  /** Of the same readings, each as a SenML record by itself. */
  readonly recordBytes: number;
}

const NOTHING: Posted = { posts: 0, readings: 0, packBytes: 0, recordBytes: 0 };

/**
 * An HTTP server that takes every post with 204 and counts its readings by path. Asked for metadata it says at once
 * that there are none.
 */
export class Receiver {
  readonly #server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (request.method === 'POST') this.#take(request.url!, JSON.parse(Buffer.concat(chunks).toString()));
      response.writeHead(request.method === 'POST' ? 204 : 404).end();
    });
  });
  readonly #posted = new Map<string, Posted>();

  static async start(): Promise<Receiver> {
    const receiver = new Receiver();
    receiver.#server.listen(0, '127.0.0.1');
    await once(receiver.#server, 'listening');
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  from(path: string): Posted {
    return this.#posted.get(path) ?? NOTHING;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /** The agent's posts are objects with a pack, Node-RED's are a pack alone. */
  #take(path: string, post: { readonly pack: Pack } | Pack): void {
    const pack = 'pack' in post ? post.pack : post;
    const { posts, readings, packBytes, recordBytes } = this.from(path);
    this.#posted.set(path, {
      posts: posts + 1,
      readings: readings + pack.length,
      packBytes: packBytes + Buffer.byteLength(JSON.stringify(pack)),
      recordBytes: recordBytes + bytesAlone(pack),
    });
  }
}

/** Without what the records of a pack share (RFC 8428, section 4.1), as far as the agent uses it. */
function bytesAlone(pack: Pack): number {
  let base: Readonly<Record<string, unknown>> = {};
  let bytes = 0;
  for (const { bn, bt, bu, n = '', t = 0, u, ...rest } of pack) {
    base = { bn: bn ?? base.bn ?? '', bt: bt ?? base.bt ?? 0, bu: bu ?? base.bu };
    const record = { n: `${base.bn}${n}`, u: u ?? base.bu, ...rest, t: Number(base.bt) + Number(t) };
    bytes += Buffer.byteLength(JSON.stringify(record));
  }
  return bytes;
}

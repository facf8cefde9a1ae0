import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LiveMessage } from '../shapes.ts';
import { type OpenApi, openApi } from '../testing/open.ts';

const CLIENTS = 500;
const SLOW = 20;
const WINDOWS = 300;
const MINUTE_MS = 60_000;

let api: OpenApi;
let server: Server;
const open = new Set<Socket>();
let directory: string;
/**
 * A socket of the file system: what the kernel keeps for one that does not read is small, and the same everywhere. Its
 * clients pass for an office far away, which has one address.
 */
let socketPath: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tashika-crowd-'));
  socketPath = join(directory, 'api');
  api = await openApi();
  server = createServer((incoming, response) => {
    Object.defineProperty(incoming.socket, 'remoteAddress', { value: '203.0.113.9', configurable: true });
    api.app.routing(incoming, response);
  });
  server.on('connection', (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  server.listen({ path: socketPath, backlog: CLIENTS });
  await once(server, 'listening');
  const nextMinute = new Date(Math.ceil(Date.now() / MINUTE_MS) * MINUTE_MS);
  await api.store.query(
    `INSERT INTO window_region
     SELECT $1::timestamptz + n / 40 * interval '1 minute', lpad((n % 40 + 1)::text, 2, '0'), 0, 0, 0, 0, 0
       FROM generate_series(0, $2 - 1) AS n`,
    [nextMinute, WINDOWS],
  );
});

afterAll(async () => {
  await api.close();
  server.closeAllConnections();
  server.close();
  await rm(directory, { recursive: true });
});

/** A client that keeps nothing but a digest of what it was sent after the event with the id `from`. */
class Client {
  readonly response: IncomingMessage;
  lastId = '';
  readonly #digest = createHash('sha1');
  #unparsed = '';
  #from: string | undefined;
  readonly #onEvent: () => void;

  private constructor(response: IncomingMessage, onEvent: () => void) {
    this.response = response;
    this.#onEvent = onEvent;
    response.on('error', () => {}); // dropped
    response.setEncoding('utf8').on('data', (chunk: string) => this.#take(chunk));
  }

  static async open(onEvent: () => void, lastEventId?: string): Promise<Client> {
    const headers = {
      host: 'localhost',
      accept: 'text/event-stream',
      ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
    };
    const outgoing = request({ socketPath, path: '/api/live', headers, agent: false });
    outgoing.on('error', () => {});
    outgoing.end();
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    return new Client(response, onEvent);
  }

  /** Digests what comes after that event. */
  digestAfter(id: string): void {
    this.#from = id;
  }

  get digest(): string {
    return this.#digest.copy().digest('hex');
  }

  #take(chunk: string): void {
    const events = (this.#unparsed + chunk).split('\n\n');
    this.#unparsed = events.pop()!;
    for (const event of events) {
      const id = /^id: (\d+)$/m.exec(event)?.[1];
      if (id === undefined) continue;
      this.lastId = id;
      if (this.#from !== undefined && Number(id) > Number(this.#from)) this.#digest.update(event.split('\ndata: ')[1]!);
      this.#onEvent();
    }
  }
}

/** Changes every window; answers the number of the change. */
async function changeAll(): Promise<string> {
  const [row] = await api.store.query<{ id: number }>(
    `WITH change AS (UPDATE change_cursor SET id = id + 1 RETURNING id),
          changed AS (UPDATE window_region SET readings = change.id, change_id = change.id FROM change)
     SELECT id FROM change`,
  );
  await api.store.query("SELECT pg_notify('tashika_change', $1)", [String(row!.id)]);
  return String(row!.id);
}

describe(`${CLIENTS} live clients at once`, () => {
  it('are all told all; the slow ones are dropped, and miss nothing when they come back', async () => {
    let wake = () => {};
    const until = async (condition: () => boolean) => {
      while (!condition()) await new Promise<void>((resolve) => (wake = resolve));
    };
    const onEvent = () => wake();
    const clients = await Promise.all(Array.from({ length: CLIENTS }, () => Client.open(onEvent)));
    let id = await changeAll();
    await until(() => clients.every((client) => client.lastId === id));
    const slow = clients.slice(0, SLOW);
    const quick = clients.slice(SLOW);
    for (const client of clients) client.digestAfter(id);
    const seen = id;
    for (const { response } of slow) response.pause();

    // Who does not read does not see that it was dropped either.
    while (open.size > quick.length) {
      id = await changeAll();
      const last = id;
      await until(() => quick.every((client) => client.lastId === last));
    }

    expect(new Set(quick.map(({ digest }) => digest)).size).toBe(1);
    expect(quick.every(({ response }) => !response.closed)).toBe(true);
    const [back] = await Promise.all(slow.map(() => Client.open(onEvent, seen)));
    await until(() => back!.lastId === id);
    const { windows } = await missedSince(seen);
    expect(windows).toHaveLength(WINDOWS);
    expect(new Set(windows.map(({ readings }) => readings))).toEqual(new Set([Number(id)]));
  }, 180_000);
});

/** The first event that a client gets who comes back and saw `id` last. */
async function missedSince(id: string): Promise<LiveMessage> {
  const headers = { host: 'localhost', accept: 'text/event-stream', 'last-event-id': id };
  const outgoing = request({ socketPath, path: '/api/live', headers, agent: false });
  outgoing.on('error', () => {});
  outgoing.end();
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) {
    text += chunk;
    const event = /^event: delta\n.*\ndata: (.*)\n\n/m.exec(text)?.[1];
    if (event !== undefined) {
      outgoing.destroy();
      return JSON.parse(event);
    }
  }
  throw new Error(`the stream ended: ${text}`);
}

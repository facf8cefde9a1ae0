import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EventStream, frame, MOST_UNREAD_BYTES } from './event-stream.ts';

let server: Server;

beforeAll(async () => {
  server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

async function connect(): Promise<{ client: IncomingMessage; response: ServerResponse; stream: EventStream }> {
  const answered = once(server, 'request');
  const request = get({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', agent: false });
  request.on('error', () => {});
  const [, response] = (await answered) as [IncomingMessage, ServerResponse];
  const stream = new EventStream(response, { 'x-of-ours': 'kept' });
  const [client] = (await once(request, 'response')) as [IncomingMessage];
  client.on('error', () => {});
  return { client, response, stream };
}

describe('an event stream', () => {
  it('sends events as the HTML standard has them, with the headers of every answer', async () => {
    const { client, stream } = await connect();
    stream.send(frame('delta', '7', '{"id":"7"}'));
    stream.end();
    expect(await text(client)).toBe('retry: 1000\n\nevent: delta\nid: 7\ndata: {"id":"7"}\n\n');
    expect(client.headers).toMatchObject({ 'x-of-ours': 'kept', 'cache-control': 'no-store' });
    expect([stream.open, stream.send(Buffer.from('x'))]).toEqual([false, false]);
  });

  it('of a client that does not read is dropped before it takes much memory', async () => {
    const { client, response, stream } = await connect();
    client.pause();
    const closed = once(response, 'close');
    const event = frame('delta', '7', 'x'.repeat(100_000));
    let most = 0;
    // Until the sockets' own buffers are full too; each turn lets the kernel take what it will.
    for (let n = 0; n < 1_000 && stream.send(event); n++) {
      most = Math.max(most, response.writableLength);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await closed;
    expect(stream.open).toBe(false);
    expect(most).toBeLessThan(MOST_UNREAD_BYTES + 2 * event.length);
  });

  it('of a client that reads goes on', async () => {
    const { client, stream } = await connect();
    let received = 0;
    client.on('data', (chunk: Buffer) => {
      received += chunk.length;
    });
    const event = frame('delta', '7', 'x'.repeat(100_000));
    for (let n = 0; n < 100; n++) {
      expect(stream.send(event)).toBe(true);
      while (received < n * event.length) await once(client, 'data');
    }
    stream.end();
  });
});

import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { HttpClient } from './client.ts';

const NEVER = new AbortController().signal;
const NO_CONTENT = 'HTTP/1.1 204 No Content\r\n\r\n';

/** A server that keeps what it was sent, and answers with what it is told. */
async function rawServer(answer: string) {
  const asked: string[] = [];
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('data', (chunk) => {
      asked.push(chunk.toString());
      socket.write(answer);
    });
    socket.on('error', () => socket.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { asked, sockets, port: (server.address() as AddressInfo).port };
}

function clientOf(origin: string, timeoutMs = 5_000): HttpClient {
  const client = new HttpClient({ origin, timeoutMs });
  onTestFinished(() => client.close());
  return client;
}

describe('HTTP', () => {
  it('sends no header that a server could do without, over one connection', async () => {
    const server = await rawServer(NO_CONTENT);
    const client = clientOf(`http://127.0.0.1:${server.port}`);
    const headers = { 'content-type': 'application/json' };
    for (let each = 0; each < 3; each++)
      await client.exchange({ method: 'POST', path: '/?a=b', headers, body: Buffer.from('{}') }, NEVER);
    expect(server.asked).toEqual(
      Array.from({ length: 3 }, () =>
        [
          'POST /?a=b HTTP/1.1',
          'content-type: application/json',
          'content-length: 2',
          `Host: 127.0.0.1:${server.port}`,
          '',
          '{}',
        ].join('\r\n'),
      ),
    );
    expect([server.sockets.length, client.opened]).toEqual([1, 1]);
  });

  it('reads the beginning of an answer that is too long, and leaves its connection', async () => {
    const server = await rawServer(`HTTP/1.1 500 Oops\r\ncontent-length: 1000000\r\n\r\n${'x'.repeat(5_000)}`);
    const client = clientOf(`http://127.0.0.1:${server.port}`);
    const answer = await client.exchange({ method: 'GET', path: '/' }, NEVER);
    expect(answer).toMatchObject({ status: 500, contentType: '', body: 'x'.repeat(1_024) });
    await client.exchange({ method: 'GET', path: '/' }, NEVER);
    expect(client.opened).toBe(2);
  });

  it('takes an IPv6 address out of its brackets', async () => {
    const asked = clientOf('http://[::1]:1').exchange({ method: 'GET', path: '/' }, NEVER);
    await expect(asked).rejects.toThrow(/(ECONNREFUSED|EADDRNOTAVAIL).* ::1:1/);
  });

  it('says that there was no answer in time, and what else went wrong', async () => {
    const server = await rawServer('');
    const asked = { method: 'GET', path: '/' } as const;
    const client = clientOf(`http://127.0.0.1:${server.port}`, 50);
    await expect(client.exchange(asked, NEVER)).rejects.toThrow('no answer in 50 ms');
    await expect(clientOf('http://127.0.0.1:1').exchange(asked, NEVER)).rejects.toThrow(/ECONNREFUSED/);
    const plain = await rawServer('no TLS here');
    await expect(clientOf(`https://127.0.0.1:${plain.port}`).exchange(asked, NEVER)).rejects.toThrow(/wrong version/);
  });
});

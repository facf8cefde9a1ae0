import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { answerOf } from './answer.ts';
import { type BeamOptions, beam, type ReceiptSource } from './beam.ts';

const never = new AbortController().signal;
const stream = 'AAAAAAAAAAA';

let requests: IncomingMessage[];
let connections: number;
let answer: (response: ServerResponse) => void;
let spent: number[];
let source: ReceiptSource;
// Connections stay open however slow the machine is.
const server = createServer({ keepAliveTimeout: 600_000 }, (request, response) => {
  requests.push(request);
  answer(response);
}).on('connection', () => connections++);

beforeEach(async () => {
  requests = [];
  connections = 0;
  spent = [];
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  source = open('');
});
afterEach(async () => {
  await source.close();
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

function open(path: string, options: Partial<BeamOptions> = {}): ReceiptSource {
  const { port } = server.address() as AddressInfo;
  const spend = (bytes: number) => void spent.push(bytes);
  return beam({ url: `http://127.0.0.1:${port}${path}`, timeoutMs: 10_000, spend, ...options });
}

function receipt(missing: readonly (readonly [number, number])[], through: number) {
  return (response: ServerResponse) => response.end(JSON.stringify({ stream, through, missing }));
}

describe("a question through Beam's website entry point", () => {
  it('goes with nothing but what it asks, over one connection', async () => {
    answer = receipt([[2, 3]], 7);
    for (const _ of [1, 2])
      expect(answerOf(await source.ask(stream, never), { stream, last: 7 })).toEqual({
        kind: 'receipt',
        receipt: { stream, through: 7, missing: [[2, 3]] },
      });
    expect(connections).toBe(1);
    const [{ method, url, headers }] = requests as [IncomingMessage];
    expect([method, url, Object.keys(headers)]).toEqual(['GET', `/v1/receipts?stream=${stream}`, ['host']]);
  });

  it('goes to the path that Beam knows the cloud by', async () => {
    answer = receipt([], 0);
    source = open('/tashika/');
    await source.ask(stream, never);
    expect(requests[0]!.url).toBe(`/tashika/v1/receipts?stream=${stream}`);
  });

  it('takes the longest receipt that the cloud gives', async () => {
    const most = Number.MAX_SAFE_INTEGER - 1;
    const missing = Array.from({ length: 1_000 }, (_, index) => {
      const first = most - 3_000 + 3 * index;
      return [first, first + 1] as const;
    });
    answer = receipt(missing, most);
    const judged = answerOf(await source.ask(stream, never), { stream, last: most });
    expect(judged).toMatchObject({ kind: 'receipt', receipt: { through: most } });
  });

  it('reads no more of an answer than a receipt can be', async () => {
    answer = (response) => response.end(`{"stream":"${stream}","through":1,"missing":[${' '.repeat(100_000)}]}`);
    const got = await source.ask(stream, never);
    expect(got.body.length).toBe(65_536);
    expect(answerOf(got, { stream, last: 7 }).kind).toBe('unusable');
  });

  it('fails where nobody answers in time', async () => {
    answer = () => undefined;
    source = open('', { timeoutMs: 50 });
    await expect(source.ask(stream, never)).rejects.toThrow('no answer in 50 ms');
  });

  it('tells what it cost, more for a new connection and a longer answer', async () => {
    answer = receipt([[2, 3]], 7);
    await source.ask(stream, never);
    await source.ask(stream, never);
    answer = (response) => receipt([[2_000, 3_000]], 7_000)(response.setHeader('x-head', 'of the answer'));
    await source.ask(stream, never);
    const [first, second, longer] = spent as [number, number, number];
    expect(first).toBeGreaterThan(second);
    expect(longer - second).toBe('x-head: of the answer\r\n2000,3000,7000'.length - '2,3,7'.length);
    answer = (response) => response.destroy();
    await expect(source.ask(stream, never)).rejects.toThrow();
    expect(spent).toHaveLength(4);
  });
});

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, type IncomingMessage, type RequestOptions, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { EventHubConsumerClient, earliestEventPosition, type ReceivedEventData } from '@azure/event-hubs';
import { TestClock } from '@tashika/shared/time';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type EventHubs, startEventHubs } from '../event-hubs/index.ts';
import { BODY_LIMIT_BYTES, type Funnel, type FunnelGroup, STANDARD_GROUP, simOf, startFunnel } from './index.ts';

const HUB = 'telemetry';
const GROUPLESS = '127.1.0.99';
const TEXT_SIM = '127.1.0.50';
const TOKYO = '{"pref":"13"}';

const groups = new Map<string, FunnelGroup>([[simOf(TEXT_SIM)!.imsi, { ...STANDARD_GROUP, contentType: 'text' }]]);

let directory: string;
let eventHubs: EventHubs;
let funnel: Funnel;
let reader: EventHubConsumerClient;
const received: { partition: string; body: string; key: unknown }[] = [];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tashika-funnel-'));
  eventHubs = await startEventHubs({
    port: 0,
    dataDirectory: directory,
    hubs: [{ name: HUB, partitionCount: 4 }],
    retention: { maxAgeMs: 3_600_000, maxBytes: 2 ** 26 },
  });
  funnel = await startFunnel({
    connectionString: eventHubs.connectionString('send', HUB),
    hub: HUB,
    unifiedPort: 0,
    groupOf: ({ imsi }) => groups.get(imsi) ?? (imsi === simOf(GROUPLESS)!.imsi ? undefined : STANDARD_GROUP),
  });
  reader = new EventHubConsumerClient('$Default', eventHubs.connectionString('listen', HUB), HUB);
  reader.subscribe(
    {
      processEvents: async (events: ReceivedEventData[], { partitionId }) => {
        for (const { body, partitionKey } of events)
          received.push({ partition: partitionId, body: Buffer.from(body).toString(), key: partitionKey });
      },
      processError: async () => {},
    },
    { startPosition: earliestEventPosition, skipParsingBodyAsJson: true, maxBatchSize: 100, maxWaitTimeInSeconds: 1 },
  );
});

afterAll(async () => {
  await reader.close();
  await funnel.stop();
  await eventHubs.stop();
  rmSync(directory, { recursive: true, force: true });
});

afterEach(() => {
  Object.assign(funnel.faults, { lose: 0, delay: 0, double: 0, reorder: 0, refuse: 0 });
});

interface Answer {
  readonly status: number;
  readonly type: string | undefined;
  readonly body: string;
}

async function answerOf(response: IncomingMessage): Promise<Answer> {
  return { status: response.statusCode!, type: response.headers['content-type'], body: await text(response) };
}

function post(body: string | Buffer, options: RequestOptions = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { headers, ...rest } = options;
    const sent = request(
      {
        port: funnel.httpPort,
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        ...rest,
      },
      (response) => answerOf(response).then(resolve, reject),
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Waits for an event whose body holds `part`. */
async function event(part: string): Promise<(typeof received)[number]> {
  for (let tries = 0; tries < 500; tries++) {
    const found = received.find(({ body }) => body.includes(part));
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`No event holds ${part}.`);
}

function jsonOf(bytes: number): string {
  return `"${'x'.repeat(bytes - 2)}"`;
}

describe('the unified endpoint', () => {
  it('passes on what Funnel answers, until a second destination changes the shape', async () => {
    const port = funnel.unifiedPort!;
    expect(await post(TOKYO, { port })).toEqual({ status: 204, type: undefined, body: '' });
    funnel.others.harvest = true;
    const taken = await post('{"pref":"13","mark":"unified"}', { port });
    expect([taken.status, taken.type]).toEqual([200, 'application/json']);
    expect(JSON.parse(taken.body)).toMatchObject({
      result: 'ok',
      detail: { funnel: { statusCode: 204 }, harvest: { statusCode: 201 } },
    });
    await event('"unified"');
    const refused = await post('{"pref":', { port });
    expect([refused.status, JSON.parse(refused.body).detail.funnel.statusCode]).toEqual([207, 400]);
    funnel.others.harvest = false;
  });
});

describe('over HTTP, Funnel', () => {
  it('answers 204 with no body to a post on any path, once the event is in the hub', async () => {
    const body = '{"pref":"13","mark":"http-204","big":9007199254740993,"absurd":1e400}';
    expect(await post(body, { path: '/any/path?at=all', localAddress: '127.1.0.7' })).toEqual({
      status: 204,
      type: undefined,
      body: '',
    });
    const { body: envelope, key } = await event('http-204');
    expect(envelope).toContain(`"payloads":${body},"sourceProtocol":"http","imsi":"295000000065543"`);
    expect(key ?? undefined).toBeUndefined();
  });

  it('answers 400 to what is not JSON', async () => {
    expect(await post('{"pref":')).toEqual({
      status: 400,
      type: 'application/json',
      body: '{"message":"Invalid JSON is send to funnel."}',
    });
  });

  it('passes JSON that is no object on', async () => {
    expect((await post('13')).status).toBe(204);
  });

  it('answers 415 to other content types, naming the one given', async () => {
    const given = 'application/x-www-form-urlencoded';
    expect(await post(TOKYO, { headers: { 'content-type': given } })).toEqual({
      status: 415,
      type: 'text/plain',
      body: `Supported Content-Type are 'application/json', 'text/plain' and 'application/xml'. Given: ${given}`,
    });
    expect((await post(TOKYO, { headers: { 'content-type': 'application/JSON; charset=utf-8' } })).status).toBe(204);
    expect((await post(TOKYO, { headers: { 'content-type': 'text/plain' } })).status).toBe(204);
  });

  it('takes 800,000 bytes and answers 413 to one more', async () => {
    expect((await post(jsonOf(BODY_LIMIT_BYTES))).status).toBe(204);
    expect(await post(jsonOf(BODY_LIMIT_BYTES + 1))).toEqual({
      status: 413,
      type: 'text/plain',
      body: 'Maximum content-length is: 800000',
    });
  });

  it('counts the bytes of a chunked body too', async () => {
    const chunked = { headers: { 'transfer-encoding': 'chunked' } };
    expect((await post(jsonOf(BODY_LIMIT_BYTES), chunked)).status).toBe(204);
    expect((await post(jsonOf(BODY_LIMIT_BYTES + 1), chunked)).status).toBe(413);
  });

  it('answers 413 before the body is sent to a client that asks first', async () => {
    const socket = connect(funnel.httpPort, '127.0.0.1');
    socket.write(
      'POST / HTTP/1.1\r\nhost: funnel\r\ncontent-type: application/json\r\ncontent-length: 800001\r\nexpect: 100-continue\r\n\r\n',
    );
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 413 /);
    socket.destroy();
  });

  it('answers 400 to a SIM in no group', async () => {
    expect(await post(TOKYO, { localAddress: GROUPLESS })).toEqual({
      status: 400,
      type: 'application/json',
      body: '{"message":"No group ID is specified: 295000000065635"}',
    });
  });

  it('hands the payload of a text group on as a string', async () => {
    expect((await post('text-group, not JSON', { localAddress: TEXT_SIM })).status).toBe(204);
    expect((await event('text-group')).body).toContain('"payloads":"text-group, not JSON"');
  });

  it('takes the SIM from a PROXY header for the whole connection, kept alive', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    let connections = 0;
    agent.createConnection = ((options: { port: number }) => {
      connections += 1;
      const socket = connect(options.port, '127.0.0.1');
      socket.write('PROXY TCP4 127.1.0.8 127.0.0.1 40000 8088\r\n');
      return socket;
    }) as typeof agent.createConnection;
    for (const mark of ['proxy-1', 'proxy-2', 'proxy-3'])
      expect((await post(`{"mark":"${mark}"}`, { agent })).status).toBe(204);
    expect(connections).toBe(1);
    for (const mark of ['proxy-1', 'proxy-2', 'proxy-3'])
      expect((await event(mark)).body).toContain('"imsi":"295000000065544"');
    agent.destroy();
  });

  it('spreads many posts of one device over the partitions', async () => {
    const agent = new Agent({ keepAlive: true });
    const marks = Array.from({ length: 40 }, (_, n) => `spread-${n}-`);
    await Promise.all(marks.map((mark) => post(`{"mark":"${mark}"}`, { agent, localAddress: '127.1.0.9' })));
    await Promise.all(marks.map(event));
    const partitions = received.filter(({ body }) => body.includes('"spread-')).map(({ partition }) => partition);
    expect(partitions).toHaveLength(40);
    expect(new Set(partitions).size).toBe(4);
    agent.destroy();
  });

  it('misbehaves as told at run time', async () => {
    funnel.faults.refuse = 1;
    expect((await post(TOKYO)).status).toBe(503);
    Object.assign(funnel.faults, { refuse: 0, lose: 1 });
    const before = funnel.stats;
    expect((await post('{"mark":"lost"}')).status).toBe(204);
    expect(funnel.stats.published).toBe(before.published);
    expect(funnel.stats.faults.lost).toBe(before.faults.lost + 1);
  });
});

describe('over TCP, Funnel', () => {
  async function answered(socket: Socket, payload: string): Promise<string> {
    socket.write(payload);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    return answer.toString();
  }

  it('answers 200 to each payload, and 400 to bad JSON, which closes the connection', async () => {
    const socket = connect({ port: funnel.port, host: '127.0.0.1', localAddress: '127.1.0.10' });
    expect(await answered(socket, '{"mark":"tcp-1"}')).toBe('200');
    expect(await answered(socket, '{"mark":"tcp-2"}')).toBe('200');
    const closed = once(socket, 'end');
    expect(await answered(socket, '{"mark":"tcp-3"}{}')).toBe('400 Invalid JSON is send to funnel.');
    await closed;
    expect((await event('tcp-2')).body).toContain('"sourceProtocol":"tcp","imsi":"295000000065546"');
    socket.destroy();
  });

  it('answers 400 to a SIM in no group', async () => {
    const socket = connect({ port: funnel.port, host: '127.0.0.1', localAddress: GROUPLESS });
    expect(await answered(socket, TOKYO)).toBe('400 No group ID is specified: 295000000065635');
    socket.destroy();
  });

  it('takes the SIM from a PROXY header, also one in pieces', async () => {
    const socket = connect({ port: funnel.port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    socket.write('PROXY TCP4 127.1.0.11 127.0');
    await new Promise((resolve) => setImmediate(resolve));
    expect(await answered(socket, '.0.1 40000 23080\r\n{"mark":"tcp-proxy"}')).toBe('200');
    expect((await event('tcp-proxy')).body).toContain('"imsi":"295000000065547"');
    socket.destroy();
  });
});

describe('over UDP, Funnel', () => {
  async function exchange(from: string, payload: string): Promise<string> {
    const socket = createSocket('udp4');
    socket.bind(0, from);
    await once(socket, 'listening');
    socket.send(payload, funnel.port, '127.0.0.1');
    const [answer] = (await once(socket, 'message')) as [Buffer];
    socket.close();
    return answer.toString();
  }

  it('answers each datagram', async () => {
    expect(await exchange('127.1.0.12', '{"mark":"udp"}')).toBe('200');
    expect(await exchange('127.1.0.12', 'no')).toBe('400 Invalid JSON is send to funnel.');
    expect(await exchange(GROUPLESS, TOKYO)).toBe('400 No group ID is specified: 295000000065635');
    expect((await event('"udp"')).body).toContain('"sourceProtocol":"udp","imsi":"295000000065548"');
  });
});

describe('a Funnel that is stopped', () => {
  it('does not wait for connections that have sent nothing yet, as a browser opens them ahead', async () => {
    const stopping = await startFunnel({
      connectionString: eventHubs.connectionString('send', HUB),
      clock: new TestClock(),
    });
    const silent = [stopping.httpPort, stopping.port].map((port) => connect(port, '127.0.0.1').resume());
    const closed = silent.map((socket) => once(socket, 'close'));
    // Answered: the connections before these are accepted.
    await post('', { port: stopping.httpPort, method: 'GET' });
    const refused = connect(stopping.port, '127.0.0.1').end('no');
    await once(refused, 'data');
    await stopping.stop();
    await Promise.all(closed);
  }, 5_000);
});

describe('while the hub is away, Funnel', () => {
  it('holds a post and takes it once the hub is back; its device hears 503 when that takes too long', async () => {
    const data = mkdtempSync(join(tmpdir(), 'tashika-funnel-'));
    const retention = { maxAgeMs: 3_600_000, maxBytes: 2 ** 26 };
    const start = (port: number) =>
      startEventHubs({ port, dataDirectory: data, hubs: [{ name: HUB, partitionCount: 2 }], retention });
    let hub = await start(0);
    const connectionString = hub.connectionString('send', HUB);
    const troubles: boolean[] = [];
    const patient = await startFunnel({
      connectionString,
      onTrouble: (reason) => troubles.push(reason !== undefined),
    });
    const hasty = await startFunnel({ connectionString, holdMs: 2_000 });
    expect((await post(TOKYO, { port: patient.httpPort })).status).toBe(204);
    expect((await post(TOKYO, { port: hasty.httpPort })).status).toBe(204);
    await hub.stop();

    const held = post(TOKYO, { port: patient.httpPort });
    expect((await post(TOKYO, { port: hasty.httpPort })).status).toBe(503);
    expect(patient.stats).toMatchObject({ taken: 1, held: 1 });
    hub = await start(hub.port);
    expect((await held).status).toBe(204);
    expect(patient.stats).toMatchObject({ taken: 2, published: 2, held: 0 });
    expect(troubles).toEqual([true, false]);

    expect(await patient.stop()).toBe(0);
    expect(await hasty.stop()).toBe(0);
    await hub.stop();
    rmSync(data, { recursive: true, force: true });
  });
});

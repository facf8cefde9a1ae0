import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import type { RegionCode } from '@tashika/shared/regions';
import { pino } from 'pino';
import { machineClock } from '../../clock/index.ts';
import { openSpool, type Reading } from '../../spool/index.ts';
import { Uplink } from '../uplink.ts';
import { openWayOut } from '../way-out.ts';
import { startTcpFaultProxy, startUdpFaultProxy } from './fault-proxy.ts';

const POSTS = 20;
/** IPv4 20, TCP 20 with timestamps 12; UDP 8. */
const TCP_HEADERS = 52;
const UDP_HEADERS = 28;
const SEGMENT = 1_348;
/** Three packets to open a connection and four to close it. */
const CONNECTION = 7 * TCP_HEADERS + 16;

const logger = pino({ level: 'silent' });

/** `unified`: the unified endpoint by HTTP, telling the answers of two destinations. */
export type MeasuredLink = 'http' | 'unified' | 'tcp' | 'udp' | 'mqtt';

export interface BytesOnAir {
  /** All bytes, both ways. */
  readonly air: number;
  /** Of the posts' bodies alone. */
  readonly payload: number;
  readonly readings: number;
  /** What the agent itself reckons for them. */
  readonly estimate: number;
}

/**
 * Sends posts of `batch` readings through a proxy, with the agent's own spool and uplink. What passes the proxy is
 * counted, both ways; the headers of TCP or UDP and IP are added for each packet, with an acknowledgement a post and a
 * connection for all of them. The servers answer with what Node's own HTTP server adds; what Funnel adds is not known.
 *
 * @param directory where the spool may lie
 */
export async function measureBytesOnAir(directory: string, link: MeasuredLink, batch: number): Promise<BytesOnAir> {
  const entry = await ENTRIES[link]();
  const scheme = link === 'unified' ? 'http' : link;
  const start = scheme === 'udp' ? startUdpFaultProxy : startTcpFaultProxy;
  const proxy = await start({ host: '127.0.0.1', port: entry.port });
  const clock = machineClock();
  const opened = await openSpool(directory, {
    clock,
    bootId: clock.bootId,
    report: () => {},
    maxBytes: 16_777_216,
    segmentBytes: 1_048_576,
    memoryBytes: 1_048_576,
    fsyncMs: 1,
    fsyncReadings: 1_000,
    policy: 'drop-oldest',
  });
  const options = { url: `${scheme}://127.0.0.1:${proxy.port}`, timeoutMs: 10_000, batchBytes: 65_536 };
  const wayOut = await openWayOut(
    {
      ...options,
      entry: link === 'unified' ? 'unified' : 'funnel',
      packetBytes: 1_360,
      whenSpent: 'hold',
      sparseMs: 1,
      resetAfterMs: 1,
      resetTimeoutMs: 1,
    },
    { dataDirectory: directory, clock, synced: () => true, logger },
  );
  const uplink = new Uplink({
    ...options,
    spool: opened.spool,
    link: wayOut.link,
    batchBytes: wayOut.batchBytes,
    batchReadings: batch,
    batchAgeMs: 3_600_000,
    region: { known: Promise.resolve(), current: '13' as RegionCode },
    clock,
    synced: () => true,
    retry: { firstMs: 1_000, mostMs: 60_000 },
    replay: { share: 1, speed: 1_000_000 },
    random: Math.random,
    logger,
  });
  const readings = POSTS * batch;
  const now = { monotonicMs: clock.monotonic(), wallMs: clock.now() };
  for (let n = 0; n < readings; n++) void opened.spool.append(reading(n, now, readings));
  await opened.spool.flush();
  uplink.start();
  await uplink.drain(AbortSignal.timeout(60_000));
  if (opened.spool.figures.held > 0) throw new Error(`${opened.spool.figures.held} readings were not sent.`);
  const { bytesSent: payload, posts } = uplink.figures;
  await opened.close();
  await proxy.close();
  await entry.close();
  const through = proxy.bytes.up + proxy.bytes.down;
  if (scheme === 'udp') {
    const air = through + (proxy.packets.up + proxy.packets.down) * UDP_HEADERS;
    return { air, payload, readings, estimate: wayOut.figures.airBytes };
  }
  const up = Math.max(proxy.packets.up, Math.ceil(proxy.bytes.up / SEGMENT));
  const packets = up + proxy.packets.down + posts.accepted;
  const air = through + packets * TCP_HEADERS + proxy.connections * CONNECTION;
  return { air, payload, readings, estimate: wayOut.figures.airBytes };
}

/** A cabinet with four sensors, each measured once in ten seconds. */
function reading(n: number, now: { monotonicMs: number; wallMs: number }, readings: number): Reading {
  const agoMs = (readings - n) * 2_500;
  const stamp = { monotonicMs: now.monotonicMs - agoMs, wallMs: now.wallMs - agoMs, synced: true };
  const values = [
    { name: 'cabinet/temperature', unit: 'Cel', value: 20 + (n % 90) / 10 },
    { name: 'cabinet/humidity', unit: '%RH', value: 40 + (n % 50) },
    { name: 'cabinet/voltage', unit: 'V', value: 12 + (n % 70) / 100 },
    { name: 'cabinet/door', unit: '', value: n % 7 === 0 },
  ];
  return { ...values[n % values.length]!, ...stamp };
}

interface Entry {
  readonly port: number;
  close(): Promise<void>;
}

const ENTRIES: Readonly<Record<MeasuredLink, () => Promise<Entry>>> = {
  http: () => httpEntry(204, ''),
  unified: () =>
    httpEntry(
      200,
      '{"result":"ok","detail":{"funnel":{"statusCode":204,"body":""},"harvest":{"statusCode":201,"body":""}}}',
    ),
  async tcp() {
    const server = createTcpServer((socket) => {
      socket.on('data', () => socket.write('200'));
      socket.on('error', () => socket.destroy());
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return { port: (server.address() as AddressInfo).port, close: async () => void server.close() };
  },
  async udp() {
    const socket = createSocket('udp4');
    socket.on('message', (_datagram, { port, address }) => socket.send('200', port, address));
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return { port: socket.address().port, close: async () => void socket.close() };
  },
  async mqtt() {
    const { Aedes } = await import('aedes');
    const broker = await Aedes.createBroker();
    const server = createTcpServer((socket) => void broker.handle(socket)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const close = async () => {
      server.close();
      await new Promise<void>((resolve) => broker.close(resolve));
    };
    return { port: (server.address() as AddressInfo).port, close };
  },
};

async function httpEntry(status: number, body: string): Promise<Entry> {
  const server = createServer((request, response) => {
    request.resume();
    const headers = body === '' ? {} : { 'content-type': 'application/json', 'content-length': body.length };
    request.on('end', () => response.writeHead(status, headers).end(body));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async () => {
    server.closeAllConnections();
    server.close();
  };
  return { port: (server.address() as AddressInfo).port, close };
}

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** What becomes of one payload, in place of Funnel's own treatment. */
export type Fate = (answer: (text: string) => void, peer: Socket | undefined) => void;

export interface LineServer {
  readonly url: string;
  /** Whatever one read brought, in order; over UDP, datagrams. */
  readonly payloads: string[];
  /** The payloads that were JSON. */
  readonly taken: unknown[];
  /** How the next payloads are treated, one each; then all as Funnel does. */
  readonly next: Fate[];
  /** How the path cuts what one write brought; standard: not at all. */
  cut: (payload: Buffer) => readonly Buffer[];
  readonly connections: number;
}

/** Funnel's port without framing, by TCP: each read is one payload, and one that is no JSON ends its connection. */
export async function startTcpServer(): Promise<LineServer> {
  let connections = 0;
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    connections++;
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      for (const piece of line.cut(chunk)) {
        if (socket.writableEnded) return; // Funnel has closed
        const answer = answerTo(line, piece, socket);
        if (answer?.startsWith('400')) socket.end(answer);
        else if (answer !== undefined) socket.write(answer);
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const line: LineServer = {
    url: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    payloads: [],
    taken: [],
    next: [],
    cut: (payload) => [payload],
    get connections() {
      return connections;
    },
  };
  return line;
}

/** Funnel's port without framing, by UDP: each datagram is one payload. */
export async function startUdpServer(): Promise<LineServer> {
  const socket = createSocket('udp4');
  const line: LineServer = { url: '', payloads: [], taken: [], next: [], cut: (payload) => [payload], connections: 0 };
  socket.on('message', (payload, { address, port }) => {
    const send = (text: string) => socket.send(text, port, address);
    const answer = answerTo(line, payload, undefined, send);
    if (answer !== undefined) send(answer);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  onTestFinished(() => void socket.close());
  return Object.assign(line, { url: `udp://127.0.0.1:${socket.address().port}` });
}

function answerTo(
  line: LineServer,
  payload: Buffer,
  peer: Socket | undefined,
  send: (text: string) => void = (text) => peer?.write(text),
): string | undefined {
  const text = payload.toString();
  line.payloads.push(text);
  const fate = line.next.shift();
  if (fate !== undefined) {
    fate(send, peer);
    return undefined;
  }
  try {
    line.taken.push(JSON.parse(text));
    return '200';
  } catch {
    return '400 Invalid JSON is send to funnel.';
  }
}

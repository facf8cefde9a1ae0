import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { withToken } from '../poll-load.ts';
import type { KnownDevices, MeasuredServer } from './measured.ts';

/** Polls whose answers are looked at. */
const LOOKED_AT = 200;

/** What a server answers to a poll that has nothing to do. */
export interface Answers {
  /** On the wire before TLS, the head included; of the first. */
  readonly bytes: number;
  /** Different times to sleep among the answers. */
  readonly sleeps: number;
  readonly looked: number;
}

export async function lookAtAnswers(server: MeasuredServer, { prefix }: KnownDevices): Promise<Answers> {
  const sleeps = new Set<string>();
  let bytes = 0;
  for (let device = 0; device < LOOKED_AT; device++) {
    const answer = await rawAnswer(server, prefix, device);
    bytes ||= Buffer.byteLength(answer);
    const sleep = /"sleep"\s*:\s*"([\d:]+)"/.exec(answer)?.[1];
    if (sleep === undefined) throw new Error(`${server.name} answered a poll without a time to sleep: ${answer}`);
    sleeps.add(sleep);
  }
  return { bytes, sleeps: sleeps.size, looked: LOOKED_AT };
}

/** A poll as it comes over the connection. */
function rawAnswer({ base, tenant }: MeasuredServer, prefix: string, device: number): Promise<string> {
  const { hostname, port } = new URL(base);
  const socket = connect(Number(port), hostname);
  const lines = [
    `GET /${tenant}/controller/v1/${prefix}-${device} HTTP/1.1`,
    `host: ${hostname}:${port}`,
    ...Object.entries(withToken(device)).map(([name, value]) => `${name}: ${value}`),
    'connection: close',
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  return text(socket);
}

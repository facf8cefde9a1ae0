import type { Socket } from 'node:net';
import type { Clock } from '@tashika/shared/time';
import { isLoopback } from './sim.ts';

/** The longest header that version 1 allows, CRLF included (haproxy.org, proxy-protocol.txt, 2.1). */
const LONGEST_HEADER = 107;
const SIGNATURE = 'PROXY ';
const HEADER = /^PROXY (?:TCP4|TCP6) (\S+) \S+ \d{1,5} \d{1,5}$/;
const FIRST_BYTES_WITHIN_MS = 10_000;

export type ProxyHeader =
  | { readonly kind: 'absent' }
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'malformed' }
  | { readonly kind: 'present'; readonly source: string; readonly length: number };

/** Reads a PROXY protocol v1 header at the start of a connection's bytes. */
export function readProxyHeader(bytes: Buffer): ProxyHeader {
  const start = bytes.toString('latin1', 0, LONGEST_HEADER);
  if (!start.startsWith(SIGNATURE.slice(0, start.length))) return { kind: 'absent' };
  const end = start.indexOf('\r\n');
  if (end < 0) return { kind: bytes.length < LONGEST_HEADER ? 'incomplete' : 'malformed' };
  const source = HEADER.exec(start.slice(0, end))?.[1];
  return source === undefined ? { kind: 'malformed' } : { kind: 'present', source, length: end + 2 };
}

/** The header that names `source` as the address a connection to `port` comes from. */
export function proxyHeader(source: string, port: number): string {
  return `PROXY TCP4 ${source} 127.0.0.1 0 ${port}\r\n`;
}

/**
 * Finds out which source address a connection speaks for, then hands it on with every byte that is not the header
 * still to be read. Where a system has only 127.0.0.1 (macOS), a simulated device names its SIM by the PROXY protocol;
 * only a loopback peer is believed. A connection that sends nothing or a broken header is closed.
 */
export function withSourceAddress(socket: Socket, clock: Clock, handOn: (source: string | undefined) => void): void {
  const peer = socket.remoteAddress;
  if (!isLoopback(peer)) {
    handOn(peer);
    return;
  }
  let received: Buffer = Buffer.alloc(0);
  const ignoreReset = () => {};
  const deadline = clock.after(FIRST_BYTES_WITHIN_MS, () => socket.destroy());
  const finish = (source: string | undefined, rest: Buffer) => {
    stopReading();
    socket.pause();
    if (rest.length > 0) socket.unshift(rest);
    handOn(source);
    socket.resume();
  };
  const onData = (chunk: Buffer) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    const header = readProxyHeader(received);
    if (header.kind === 'absent') finish(peer, received);
    else if (header.kind === 'present') finish(header.source, received.subarray(header.length));
    else if (header.kind === 'malformed') {
      stopReading();
      socket.destroy();
    }
  };
  const stopReading = () => {
    deadline.cancel();
    socket.off('data', onData);
    socket.off('end', onEnd);
    socket.off('close', stopReading);
    socket.off('error', ignoreReset);
  };
  const onEnd = () => socket.destroy();
  socket.on('data', onData);
  socket.on('end', onEnd);
  socket.on('close', stopReading);
  socket.on('error', ignoreReset);
}

import { createSocket, type Socket } from 'node:dgram';
import { lookup as systemLookup } from 'node:dns';
import { isIPv6 } from 'node:net';
import { messageOf } from '@tashika/shared/errors';
import type { Duration } from '@tashika/shared/time';
import { deadline } from '../http/index.ts';
import { type EntryPoint, readLineAnswer } from './line-answer.ts';
import { addressOf, type Link, type LinkOptions } from './link.ts';
import { DEFAULT_PACKET_BYTES, tooLong } from './packet.ts';
import type { Verdict } from './verdict.ts';

/** When a post is sent, and sent again while there is no answer, as shares of the time that it may take. */
const SENT_AT = [0, 1 / 6, 1 / 2];

/**
 * UDP for tiny packets: one datagram is one post. An unanswered one is sent again, which the cloud knows by its numbers.
 * Each post has a socket, and so a port, of its own: a late answer finds nobody, and is never taken for another post's.
 */
export function udpLink(options: LinkOptions): Link {
  const { url, localAddress, timeoutMs, packetBytes = DEFAULT_PACKET_BYTES, entry = 'funnel' } = options;
  const { host, port } = addressOf(url);
  /** Asked once, and again after a failure: each question costs as many bytes as a small post. */
  let address: string | undefined;

  return {
    async post(body, signal) {
      if (body.length > packetBytes) return tooLong(body, packetBytes);
      const limit = deadline(timeoutMs, signal);
      let socket: Socket | undefined;
      try {
        address ??= await resolved(host, options, limit.signal);
        socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
        await connected(socket, { port, address, localAddress });
        const verdict = await ask(socket, body, { timeoutMs, entry, signal: limit.signal });
        if (verdict.kind === 'failed') address = undefined;
        return verdict;
      } catch (error) {
        address = undefined;
        return { kind: 'failed', reason: limit.passed ? `no answer in ${timeoutMs} ms` : messageOf(error) };
      } finally {
        limit.clear();
        socket?.close();
      }
    },
    async close() {},
  };
}

function resolved(host: string, { lookup, localAddress }: LinkOptions, signal: AbortSignal): Promise<string> {
  const family = localAddress === undefined ? 0 : isIPv6(localAddress) ? 6 : 4;
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    (lookup ?? systemLookup)(host, { family, all: false }, (error, address) => {
      if (error) reject(error);
      else resolve(typeof address === 'string' ? address : address[0]!.address);
    });
  });
}

/** A connected socket hears only its peer, and is told when that refuses. */
function connected(
  socket: Socket,
  { port, address, localAddress }: { port: number; address: string; localAddress: string | undefined },
): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind({ port: 0, ...(localAddress === undefined ? {} : { address: localAddress }) }, () => {
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve();
      });
      socket.connect(port, address);
    });
  });
}

function ask(
  socket: Socket,
  body: Buffer,
  { timeoutMs, entry, signal }: { timeoutMs: Duration; entry: EntryPoint; signal: AbortSignal },
): Promise<Verdict> {
  return new Promise((resolve, reject) => {
    const timers = SENT_AT.map((share) => setTimeout(() => socket.send(body), share * timeoutMs));
    const done = () => {
      for (const timer of timers) clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    };
    const onAbort = () => {
      done();
      reject(signal.reason);
    };
    socket.on('message', (answer) => {
      done();
      resolve(readLineAnswer(answer.toString('latin1'), true, entry)!);
    });
    socket.on('error', (error) => {
      done();
      reject(error);
    });
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
}

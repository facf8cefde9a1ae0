import { connect, type Socket } from 'node:net';
import { messageOf } from '@tashika/shared/errors';
import { connecting, deadline } from '../http/index.ts';
import { type EntryPoint, readLineAnswer } from './line-answer.ts';
import { addressOf, type Link, type LinkOptions } from './link.ts';
import { DEFAULT_PACKET_BYTES, tooLong } from './packet.ts';
import type { Verdict } from './verdict.ts';

/**
 * TCP to an entry point that has no framing: whatever one read there brings is one payload. So a post is no longer than
 * a segment and written at once; the next one waits for its answer; and a connection on which anything else happened (no
 * answer in time, a refusal, bytes that nobody asked for) is never used again, for a late answer must not be taken for
 * the next post's. A post that is cut on the way is no JSON in any of its pieces, so Funnel refuses it and nothing is
 * counted; it is sent again, shorter.
 */
export function tcpLink(options: LinkOptions): Link {
  const { url, timeoutMs, packetBytes = DEFAULT_PACKET_BYTES, entry = 'funnel' } = options;
  let open: Socket | undefined;
  let opened = 0;
  /** Whether a post waits for its answer. */
  let asked = false;

  async function connection(signal: AbortSignal): Promise<Socket> {
    if (open?.writable) return open;
    opened++;
    const socket = connect({ ...addressOf(url), noDelay: true, ...connecting(options) });
    socket.on('error', () => socket.destroy()); // told by `close`, too, to whoever waits
    await connected(socket, signal);
    socket.on('data', () => {
      if (!asked) socket.destroy();
    });
    socket.once('close', () => forget(socket));
    open = socket;
    return socket;
  }
  function forget(socket: Socket): void {
    socket.destroy();
    if (open === socket) open = undefined;
  }

  return {
    async post(body, signal) {
      if (body.length > packetBytes) return tooLong(body, packetBytes);
      const limit = deadline(timeoutMs, signal);
      try {
        const socket = await connection(limit.signal);
        asked = true;
        const verdict = await ask(socket, body, entry, limit.signal);
        if (verdict.kind !== 'accepted') forget(socket);
        return verdict;
      } catch (error) {
        return { kind: 'failed', reason: limit.passed ? `no answer in ${timeoutMs} ms` : messageOf(error) };
      } finally {
        asked = false;
        limit.clear();
      }
    },
    get opened() {
      return opened;
    },
    async close() {
      open?.destroy();
    },
  };
}

/** Rejects, and gives the socket up, when it fails or `signal` is aborted first. */
function connected(socket: Socket, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (error?: unknown) => {
      signal.removeEventListener('abort', onAbort);
      socket.off('error', done);
      socket.off('connect', onConnect);
      if (error === undefined) return resolve();
      socket.destroy();
      reject(error);
    };
    const onAbort = () => done(signal.reason);
    const onConnect = () => done();
    socket.once('error', done);
    socket.once('connect', onConnect);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
}

/** One post and its answer. At the abort, what was heard so far is the answer; nothing heard rejects. */
function ask(socket: Socket, body: Buffer, entry: EntryPoint, signal: AbortSignal): Promise<Verdict> {
  return new Promise((resolve, reject) => {
    let text = '';
    let reason: Error | undefined;
    const settle = (verdict: Verdict | undefined) => {
      if (verdict === undefined) return;
      socket.off('data', onData);
      socket.off('error', onError);
      socket.off('close', onClose);
      signal.removeEventListener('abort', onAbort);
      if (verdict.kind === 'failed' && text === '') reject(reason ?? new Error(verdict.reason));
      else resolve(verdict);
    };
    const onData = (chunk: Buffer) => {
      text += chunk.toString('latin1');
      settle(readLineAnswer(text, false, entry));
    };
    const onError = (error: Error) => {
      reason = error;
    };
    const onClose = () => settle(readLineAnswer(text, true, entry));
    const onAbort = () => {
      reason = signal.reason as Error;
      socket.destroy();
      settle(readLineAnswer(text, true, entry));
    };
    socket.on('data', onData);
    socket.on('error', onError);
    socket.on('close', onClose);
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    socket.write(body);
  });
}

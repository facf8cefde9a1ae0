import { describe, expect, it, onTestFinished } from 'vitest';
import type { Link } from './link.ts';
import { tcpLink } from './tcp-link.ts';
import { startTcpServer } from './testing/line-server.ts';

const NEVER = new AbortController().signal;
const post = (seq: number) =>
  Buffer.from(
    `{"v":1,"pref":"13","stream":"q3Zb81xK0dE","seq":${seq},"held":0,"pack":[{"bn":"a/","n":"t","v":21.5},{"n":"d","vb":true}]}`,
  );

function linkTo(url: string, options: { timeoutMs?: number; packetBytes?: number } = {}): Link {
  const link = tcpLink({ url, timeoutMs: 5_000, ...options });
  onTestFinished(() => link.close());
  return link;
}

describe('TCP without framing', () => {
  it('sends post after post over one connection, and takes 200 for accepted', async () => {
    const server = await startTcpServer();
    const link = linkTo(server.url);
    for (let seq = 1; seq <= 20; seq++) expect(await link.post(post(seq), NEVER)).toEqual({ kind: 'accepted' });
    expect(server.payloads).toEqual(Array.from({ length: 20 }, (_, n) => post(n + 1).toString()));
    expect([server.connections, link.opened]).toEqual([1, 1]);
  });

  it('cut at any byte, is never taken for accepted, and passes when it is sent again whole', async () => {
    const server = await startTcpServer();
    const link = linkTo(server.url);
    const body = post(1);
    for (let at = 1; at < body.length; at++) {
      server.cut = (payload) => [payload.subarray(0, at), payload.subarray(at)];
      expect(await link.post(body, NEVER), `cut at ${at}`).toMatchObject({
        kind: 'failed',
        heard: true,
        shorter: true,
      });
      server.cut = (payload) => [payload];
      expect(await link.post(body, NEVER), `after ${at}`).toEqual({ kind: 'accepted' });
    }
    expect(server.taken).toHaveLength(body.length - 1);
    expect(new Set(server.taken.map((each) => JSON.stringify(each)))).toEqual(new Set([body.toString()]));
  });

  it.each([
    ['200', { kind: 'accepted' }],
    ['400 No group ID is specified: 295000000000001', { kind: 'failed', heard: true }],
    ['503 Service Unavailable', { kind: 'failed', heard: true }],
    ['413 Maximum content-length is: 800000', { kind: 'refused' }],
    ['200200', { kind: 'failed', heard: true }],
    ['<html>Log in</html>', { kind: 'failed', heard: true }],
  ])('reads the answer %j in one piece, in two cut anywhere, and byte by byte', async (answer, verdict) => {
    const server = await startTcpServer();
    const link = linkTo(server.url);
    const inPieces = async (pieces: readonly string[], write: (text: string) => void, end: () => void) => {
      for (const piece of pieces) {
        write(piece);
        await new Promise((resolve) => setImmediate(resolve));
      }
      if (answer !== '200') end();
    };
    const cuts = [
      [answer],
      [...answer],
      ...[...answer].slice(1).map((_, at) => [answer.slice(0, at + 1), answer.slice(at + 1)]),
    ];
    for (const pieces of cuts.filter((each) => answer !== '200200' || each.length === 1)) {
      server.next.push((write, peer) => void inPieces(pieces, write, () => peer!.end()));
      expect(await link.post(post(1), NEVER), pieces.join('|')).toMatchObject(verdict);
    }
  });

  it('never takes a late answer for the next post’s', async () => {
    const server = await startTcpServer();
    const link = linkTo(server.url, { timeoutMs: 50 });
    let late!: () => void;
    server.next.push((answer) => {
      late = () => answer('200');
    });
    server.next.push(() => late()); // the second post is not answered, and just now the first one is
    expect(await link.post(post(1), NEVER)).toEqual({ kind: 'failed', reason: 'no answer in 50 ms' });
    expect(await link.post(post(2), NEVER)).toEqual({ kind: 'failed', reason: 'no answer in 50 ms' });
    expect(server.connections).toBe(2);
  });

  it('leaves a connection on which bytes come that nobody asked for', async () => {
    const server = await startTcpServer();
    const link = linkTo(server.url);
    let unasked!: () => void;
    const closed = new Promise((resolve) => {
      server.next.push((answer, peer) => {
        answer('200');
        peer!.once('close', resolve);
        unasked = () => answer('200');
      });
    });
    expect(await link.post(post(1), NEVER)).toEqual({ kind: 'accepted' });
    unasked();
    await closed;
    expect(await link.post(post(2), NEVER)).toEqual({ kind: 'accepted' });
    expect(server.connections).toBe(2);
  });

  it('opens another connection when the peer has closed the last one', async () => {
    const server = await startTcpServer();
    const link = linkTo(server.url);
    server.next.push((answer, peer) => {
      answer('200');
      peer!.end();
    });
    expect((await link.post(post(1), NEVER)).kind).toBe('accepted');
    await new Promise((resolve) => setImmediate(resolve));
    while ((await link.post(post(2), NEVER)).kind !== 'accepted'); // its FIN may come within the post
    expect(server.connections).toBe(2);
  });

  it('refuses what does not fit into one packet, and sends no byte of it', async () => {
    const server = await startTcpServer();
    const link = linkTo(server.url, { packetBytes: 20 });
    expect(await link.post(post(1), NEVER)).toMatchObject({ kind: 'refused' });
    expect(server.connections).toBe(0);
  });

  it('ends with its signal, and says what is wrong where nobody listens', async () => {
    const server = await startTcpServer();
    server.next.push(() => undefined);
    const link = linkTo(server.url);
    const stop = new AbortController();
    const posted = link.post(post(1), stop.signal);
    stop.abort(new Error('stopping'));
    expect(await posted).toEqual({ kind: 'failed', reason: 'stopping' });
    const nowhere = linkTo('tcp://127.0.0.1:1');
    expect(await nowhere.post(post(1), NEVER)).toMatchObject({
      kind: 'failed',
      reason: expect.stringMatching(/ECONNREFUSED/),
    });
  });
});

import { describe, expect, it } from 'vitest';
import type { Link } from './link.ts';
import { startUdpServer } from './testing/line-server.ts';
import { udpLink } from './udp-link.ts';

const NEVER = new AbortController().signal;
const post = (seq: number) => Buffer.from(`{"v":1,"pref":"13","seq":${seq},"pack":[]}`);

function linkTo(url: string, timeoutMs = 5_000): Link {
  return udpLink({ url, timeoutMs, packetBytes: 100 });
}

describe('UDP', () => {
  it('sends a post as one datagram, and takes 200 for accepted', async () => {
    const server = await startUdpServer();
    const link = linkTo(server.url);
    for (let seq = 1; seq <= 5; seq++) expect(await link.post(post(seq), NEVER)).toEqual({ kind: 'accepted' });
    expect(server.payloads).toEqual([1, 2, 3, 4, 5].map((seq) => post(seq).toString()));
  });

  it('sends it again while there is no answer', async () => {
    const server = await startUdpServer();
    const link = linkTo(server.url, 1_500);
    server.next.push(() => undefined);
    expect(await link.post(post(1), NEVER)).toEqual({ kind: 'accepted' });
    expect(server.payloads).toEqual([1, 1].map((seq) => post(seq).toString()));
  });

  it('gives up after its time', async () => {
    const server = await startUdpServer();
    const link = linkTo(server.url, 60);
    const thrice = new Promise<void>((resolve) =>
      server.next.push(
        () => undefined,
        () => undefined,
        () => resolve(),
      ),
    );
    expect(await link.post(post(1), NEVER)).toEqual({ kind: 'failed', reason: 'no answer in 60 ms' });
    await thrice;
  });

  it('never takes a late answer for the next post’s', async () => {
    const server = await startUdpServer();
    const link = linkTo(server.url, 60);
    let late!: () => void;
    const keep = (answer: (text: string) => void) => {
      late = () => answer('200');
    };
    const answerTheFirst = () => late();
    server.next.push(
      keep,
      () => undefined,
      () => undefined,
      answerTheFirst,
      answerTheFirst,
      answerTheFirst,
    );
    expect((await link.post(post(1), NEVER)).kind).toBe('failed');
    expect(await link.post(post(2), NEVER)).toEqual({ kind: 'failed', reason: 'no answer in 60 ms' });
  });

  it.each([
    ['400 Invalid JSON is send to funnel.', { kind: 'failed', heard: true, shorter: true }],
    ['400 No group ID is specified: 295000000000001', { kind: 'failed', heard: true }],
    ['20', { kind: 'failed', heard: true }],
  ])('does not take %j for accepted', async (answer, verdict) => {
    const server = await startUdpServer();
    server.next.push((send) => send(answer));
    expect(await linkTo(server.url).post(post(1), NEVER)).toMatchObject(verdict);
  });

  it('never sends a longer datagram', async () => {
    const server = await startUdpServer();
    expect(await linkTo(server.url).post(Buffer.alloc(101, '1'), NEVER)).toMatchObject({ kind: 'refused' });
    expect(server.payloads).toEqual([]);
  });

  it('says what is wrong where nobody listens', async () => {
    expect(await linkTo('udp://127.0.0.1:1').post(post(1), NEVER)).toMatchObject({
      kind: 'failed',
      reason: expect.stringMatching(/ECONNREFUSED/),
    });
  });

  it('ends with its signal', async () => {
    const server = await startUdpServer();
    server.next.push(() => undefined);
    const stop = new AbortController();
    const posted = linkTo(server.url).post(post(1), stop.signal);
    stop.abort(new Error('stopping'));
    expect(await posted).toEqual({ kind: 'failed', reason: 'stopping' });
  });
});

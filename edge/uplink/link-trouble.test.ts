import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type LookupFunction, type Socket } from 'node:net';
import { resolveRegion } from '@tashika/shared/regions';
import type { Post } from '@tashika/shared/telemetry';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { BootClock } from '../clock/index.ts';
import { MemoryFiles } from '../spool/testing/memory-files.ts';
import { BOOT, openTestSpool } from '../spool/testing/open-spool.ts';
import { addressOf, type Link, type LinkOptions } from './link.ts';
import { openLink } from './open-link.ts';
import { type FaultProxy, startTcpFaultProxy, startUdpFaultProxy } from './testing/fault-proxy.ts';
import { startFickleLink, status } from './testing/fickle-link.ts';
import { startTcpServer, startUdpServer } from './testing/line-server.ts';
import { Uplink } from './uplink.ts';
import { judge } from './verdict.ts';

const NEVER = new AbortController().signal;
const POST = Buffer.from('{"v":1,"pref":"13","stream":"q3Zb81xK0dE","seq":1,"held":0,"pack":[{"n":"t","v":1}]}');

function linkTo(url: string, options: Partial<LinkOptions> = {}): Link {
  const link = openLink({ url, timeoutMs: 20_000, ...options });
  onTestFinished(() => link.close());
  return link;
}

/** Each link's entry point, and a way there that can be disturbed. */
const ENTRIES: readonly (readonly [string, () => Promise<{ url: string }>, typeof startTcpFaultProxy])[] = [
  [
    'http',
    async () => {
      const link = await startFickleLink();
      onTestFinished(() => link.close());
      return link;
    },
    startTcpFaultProxy,
  ],
  ['tcp', startTcpServer, startTcpFaultProxy],
  ['udp', startUdpServer, startUdpFaultProxy],
];

async function disturbed(url: string, start: typeof startTcpFaultProxy): Promise<{ proxy: FaultProxy; url: string }> {
  const proxy = await start(addressOf(url));
  onTestFinished(() => proxy.close());
  return { proxy, url: `${new URL(url).protocol}//127.0.0.1:${proxy.port}` };
}

/** A name server that gives each question the next answer. */
function names(answers: readonly (string | Error)[]): { lookup: LookupFunction; asked: () => number } {
  let asked = 0;
  const lookup: LookupFunction = (_name, { all }, done) => {
    const answer = answers[Math.min(asked++, answers.length - 1)]!;
    if (answer instanceof Error) done(answer, []);
    else if (all) done(null, [{ address: answer, family: 4 }]);
    else done(null, answer, 4);
  };
  return { lookup, asked: () => asked };
}

const NOT_FOUND = Object.assign(new Error('getaddrinfo ENOTFOUND funnel.soracom.io'), { code: 'ENOTFOUND' });
const AGAIN = Object.assign(new Error('getaddrinfo EAI_AGAIN funnel.soracom.io'), { code: 'EAI_AGAIN' });

describe.each(ENTRIES)('over %s, a link', (_name, startEntry, startProxy) => {
  it('whose name is gone fails in words, and works once the name is there', async () => {
    const { url } = await startEntry();
    const { lookup } = names([NOT_FOUND, AGAIN, '127.0.0.1']);
    const link = linkTo(url.replace('127.0.0.1', 'funnel.soracom.io'), { lookup });
    expect(await link.post(POST, NEVER)).toEqual({ kind: 'failed', reason: NOT_FOUND.message });
    expect(await link.post(POST, NEVER)).toEqual({ kind: 'failed', reason: AGAIN.message });
    expect(await link.post(POST, NEVER)).toEqual({ kind: 'accepted' });
  });

  it('whose name moves is asked for again after a failure, and not while all is well', async () => {
    const { url } = await startEntry();
    const { lookup, asked } = names(['127.0.0.9', '127.0.0.1']);
    const link = linkTo(url.replace('127.0.0.1', 'funnel.soracom.io'), { lookup });
    expect((await link.post(POST, NEVER)).kind).toBe('failed');
    for (let post = 0; post < 3; post++) expect(await link.post(POST, NEVER)).toEqual({ kind: 'accepted' });
    expect(asked()).toBe(2);
  });

  it('whose other end is gone without a word is given up in time, and opened anew', async () => {
    const entry = await startEntry();
    const { proxy, url } = await disturbed(entry.url, startProxy);
    const link = linkTo(url, { timeoutMs: 1_000 });
    expect(await link.post(POST, NEVER)).toEqual({ kind: 'accepted' });
    proxy.freeze();
    expect(await link.post(POST, NEVER)).toEqual({ kind: 'failed', reason: 'no answer in 1000 ms' });
    if (startProxy === startUdpFaultProxy) return; // it has no connections to open
    expect(await link.post(POST, NEVER)).toEqual({ kind: 'accepted' });
    expect(proxy.connections).toBe(2);
  });
});

describe('a round trip of 3 s', () => {
  it('lets posts through, each once, over one connection, by every link', async () => {
    const carried = async ([, startEntry, startProxy]: (typeof ENTRIES)[number]) => {
      const entry = await startEntry();
      const { proxy, url } = await disturbed(entry.url, startProxy);
      proxy.delayMs = 1_500;
      const link = linkTo(url, { timeoutMs: 30_000 });
      for (let post = 0; post < 2; post++) expect(await link.post(POST, NEVER)).toEqual({ kind: 'accepted' });
      return [proxy.packets.up, link.opened ?? 1];
    };
    expect(await Promise.all(ENTRIES.map(carried))).toEqual([
      [2, 1],
      [2, 1],
      [2, 1],
    ]);
  });
});

describe('a proxy that answers 200 with HTML', () => {
  const PAGE = '<!doctype html><title>Log in</title>';

  it.each(['funnel', 'unified'] as const)('is not taken for the %s entry point over HTTP', async (entry) => {
    const portal = await startFickleLink();
    onTestFinished(() => portal.close());
    portal.otherwise = status(200, PAGE, 'text/html');
    expect(await linkTo(portal.url, { entry }).post(POST, NEVER)).toMatchObject({ kind: 'failed', heard: true });
  });

  it.each(['funnel', 'unified'] as const)('is not taken for the %s entry point over TCP', async (entry) => {
    const portal = await startTcpServer();
    portal.next.push((answer) => answer(`HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n${PAGE}`));
    expect(await linkTo(portal.url, { entry }).post(POST, NEVER)).toMatchObject({ kind: 'failed', heard: true });
  });
});

describe('5xx for a day', () => {
  it('costs no reading, few attempts and no memory', async () => {
    const { spool, clock } = await openTestSpool(new MemoryFiles(), { segmentBytes: 65_536 });
    const bootClock: BootClock = Object.assign(clock, { bootId: BOOT });
    const answers = [
      { status: 503, contentType: 'text/plain', body: 'Service Unavailable' },
      { status: 502, contentType: 'text/html', body: '<html>Bad Gateway</html>' },
      { status: 500, contentType: 'application/json', body: '{"message":"oops"}' },
      { status: 429, contentType: '', body: '' },
    ];
    const received: number[] = [];
    let away = true;
    let attempts = 0;
    const link: Link = {
      async post(body) {
        if (away) return judge(answers[attempts++ % answers.length]!);
        const { seq, pack } = JSON.parse(body.toString()) as Post;
        received.push(...pack.map((_, index) => seq + index));
        return { kind: 'accepted' };
      },
      close: async () => {},
    };
    const uplink = new Uplink({
      spool,
      link,
      region: { known: Promise.resolve(), current: resolveRegion('13') },
      clock: bootClock,
      synced: () => true,
      batchBytes: 5_000,
      batchReadings: 1_000,
      batchAgeMs: 1_000,
      retry: { firstMs: 1_000, mostMs: 60_000 },
      replay: { share: 0.5, speed: 10 },
      random: () => 0.5,
      logger: pino({ level: 'silent' }),
    });
    onTestFinished(() => uplink.drain(AbortSignal.abort()));
    uplink.start();

    const most = { timers: 0, memoryBytes: 0 };
    const readings = 86_400 / 120;
    for (let taken = 0; taken < readings; taken++) {
      const stamp = { monotonicMs: clock.monotonic(), wallMs: clock.now(), synced: true };
      void spool.append({ name: 'n', unit: 'Cel', value: taken, ...stamp });
      await clock.advance(120_000);
      most.timers = Math.max(most.timers, clock.pending);
      most.memoryBytes = Math.max(most.memoryBytes, spool.figures.memoryBytes);
    }
    expect(attempts).toBeGreaterThan(24 * 60);
    expect(attempts).toBeLessThan(24 * 120);
    expect(most.timers).toBeLessThanOrEqual(3); // the next attempt, the next flush, the next save
    expect(most.memoryBytes).toBeLessThan(1_000);

    away = false;
    await clock.advance(4 * 3_600_000);
    expect(spool.figures).toMatchObject({ held: 0, lost: 0 });
    expect(received).toEqual(Array.from({ length: readings }, (_, index) => index + 1));
  });
});

describe('a handshake that takes long', () => {
  it('is waited for, also where the name has another address, at which nobody listens', async () => {
    const { port, listener } = await startSleepingListener();
    const lookup: LookupFunction = (_name, { all }, done) => {
      const addresses = ['127.0.0.1', '127.0.0.9'].map((address) => ({ address, family: 4 }));
      if (all) done(null, addresses);
      else done(null, '127.0.0.1', 4);
    };
    const link = linkTo(`tcp://funnel.soracom.io:${port}`, { lookup, timeoutMs: 20_000 });
    const posted = link.post(POST, NEVER);
    // Longer than Node gives one of several addresses by itself.
    await new Promise((resolve) => setTimeout(resolve, 600));
    listener.kill('SIGCONT');
    expect(await posted).toEqual({ kind: 'accepted' });
  });

  /** A stopped process whose queue of connections is full: the kernel drops what would open another one. */
  async function startSleepingListener(): Promise<{ port: number; listener: ChildProcess }> {
    const program = `
      const server = require('node:net').createServer((socket) => {
        socket.on('error', () => {});
        socket.on('data', () => socket.write('200'));
      });
      server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => console.log(server.address().port));
    `;
    const listener = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
    const sockets: Socket[] = [];
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      listener.kill('SIGKILL');
    });
    const [line] = (await once(listener.stdout!, 'data')) as [Buffer];
    const port = Number(line.toString());
    listener.kill('SIGSTOP');
    for (;;) {
      const socket = connect({ port, host: '127.0.0.1' });
      sockets.push(socket);
      socket.on('error', () => {});
      const opened = await Promise.race([
        once(socket, 'connect').then(() => true),
        new Promise<boolean>((resolve) => setTimeout(resolve, 300, false)),
      ]);
      if (!opened) return { port, listener };
    }
  }
});

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { nodeArgsOf } from '@tashika/shared/testing';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LiveClient } from './api/testing/live-client.ts';
import { commitWindows } from './api/testing/seed.ts';
import { openStore } from './store/index.ts';
import { startPostgresServer } from './store/postgres-server.ts';

const MAIN = nodeArgsOf(new URL('main.ts', import.meta.url));

/** Nothing listens on port 1; the program starts all the same. */
const NOWHERE =
  'Endpoint=sb://127.0.0.1:1;SharedAccessKeyName=listen;SharedAccessKey=eA==;UseDevelopmentEmulator=true;EntityPath=telemetry';

const CONNECTION = 'TASHIKA_CLOUD_EVENT_HUBS_CONNECTION_STRING';

let directory: string;
const children: ChildProcess[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tashika-cloud-'));
});

afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await rm(directory, { recursive: true });
});

function tashikaCloud(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [...MAIN, ...args], {
    env: {
      PATH: process.env.PATH,
      TASHIKA_CLOUD_EVENT_HUBS_CONNECTION_STRING: NOWHERE,
      TASHIKA_CLOUD_STORE_URL: `pglite:${join(directory, 'store')}`,
      TASHIKA_CLOUD_API_PORT: '0',
      TASHIKA_CLOUD_WORKER_PORT: '0',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  return child;
}

async function outcome(child: ChildProcess) {
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout!), text(child.stderr!), once(child, 'exit')]);
  return { stdout, stderr, code };
}

/** The address, once the program has logged it. */
function listening(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let log = '';
    child.stdout!.on('data', (chunk: Buffer) => {
      log += chunk;
      const url = /the (?:API|worker) listens at (http:\/\/[^"]+)"/.exec(log)?.[1];
      if (url) resolve(url);
    });
    child.once('exit', (code) => reject(new Error(`it ended with ${code}: ${log}`)));
  });
}

describe('tashika-cloud', () => {
  it('explains itself', async () => {
    const { stdout, code } = await outcome(tashikaCloud(['--help']));
    expect([stdout, code]).toEqual([expect.stringContaining('tashika-cloud worker [--config FILE]'), 0]);
  });

  it('names the variable that moves a busy port', async () => {
    const busy = createServer().listen(0, '127.0.0.1');
    await once(busy, 'listening');
    const { port } = busy.address() as { port: number };
    const { stderr, code } = await outcome(
      tashikaCloud(['all'], {
        TASHIKA_CLOUD_API_PORT: String(port),
        TASHIKA_CLOUD_STORE_URL: 'pglite:/dev/null/store', // which would be told if it were opened first
      }),
    );
    expect([stderr, code]).toEqual([expect.stringMatching(/^PORT_BUSY: .*TASHIKA_CLOUD_API_PORT.*\n$/), 1]);
    busy.close();
  });

  it('serves while Event Hubs is away, and stops in good order on SIGTERM whatever its clients do', async () => {
    const child = tashikaCloud(['all']);
    const url = await listening(child);
    const live = await LiveClient.open(url);
    expect((await live.next()).event).toBe('snapshot');
    const { worker } = (await (await fetch(`${url}/api/health`)).json()) as { worker: { status: string } };
    expect(['waiting', 'troubled']).toContain(worker.status);
    const half = connect(Number(new URL(url).port), '127.0.0.1');
    half.on('error', () => {});
    half.write('POST /api/dead-letters/1/redrive HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n');
    await fetch(`${url}/api/health`); // by now the other request is under way too
    const exited = once(child, 'exit');
    const began = performance.now();
    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
    expect(performance.now() - began).toBeLessThan(10_000);
    half.destroy();
  });

  it('runs worker and api apart over a PostgreSQL server', async ({ skip }) => {
    const server = await startPostgresServer();
    if (!server) return skip();
    const env = { TASHIKA_CLOUD_STORE_URL: await server.createDatabase() };
    const store = await openStore(env.TASHIKA_CLOUD_STORE_URL, { logger: pino({ level: 'silent' }) });
    const api = tashikaCloud(['api'], { ...env, [CONNECTION]: '' });
    const worker = tashikaCloud(['worker'], env);
    const health = await listening(worker);
    const live = await LiveClient.open(await listening(api));
    expect((await live.next()).event).toBe('snapshot');
    await commitWindows(store, { windowEnd: new Date().toISOString(), readings: 77 });
    const delta = await live.until(({ data }) => data.windows.length > 0);
    expect(delta.data.windows.map(({ readings }) => readings)).toEqual([77]);
    for (const [path, told] of [
      ['/api/health', '"store":{"status":"ok"}'],
      ['/api/ready', '"not-ready"'],
      ['/metrics', 'tashika_store_up 1'],
    ] as const)
      expect([path, await (await fetch(health + path)).text()]).toEqual([path, expect.stringContaining(told)]);
    expect((await fetch(`${health}/api/windows`)).status).toBe(404);
    for (const child of [api, worker]) {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      expect(await exited).toEqual([0, null]);
    }
    await store.close();
    await server.stop();
  });

  it('stops on SIGTERM while it waits for a database that does not answer', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as { port: number };
    const child = tashikaCloud(['worker'], { TASHIKA_CLOUD_STORE_URL: `postgres://tashika@127.0.0.1:${port}/tashika` });
    const [socket] = (await once(silent, 'connection')) as [Socket];
    socket.on('error', () => {});
    const ended = outcome(child);
    const began = performance.now();
    child.kill('SIGTERM');
    expect(await ended).toEqual({ stdout: expect.stringContaining('tashika-cloud stops'), stderr: '', code: 0 });
    expect(performance.now() - began).toBeLessThan(5_000);
    socket.destroy();
    silent.close();
  });

  it('stops in good order although nobody reads its log any more', async () => {
    const child = tashikaCloud(['all'], { TASHIKA_CLOUD_STORE_URL: 'pglite:memory' });
    const url = await listening(child);
    child.stdout!.destroy();
    expect((await fetch(`${url}/api/regions`)).status).toBe(200);
    const exited = once(child, 'exit');
    child.kill('SIGTERM'); // it logs that, too
    expect(await exited).toEqual([0, null]);
  });

  it('stops at once on a second signal', async () => {
    const child = tashikaCloud(['all'], { TASHIKA_CLOUD_STORE_URL: 'pglite:memory' });
    const url = await listening(child);
    const half = connect(Number(new URL(url).port), '127.0.0.1');
    half.on('error', () => {});
    half.write('POST /api/dead-letters/1/redrive HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n');
    await fetch(`${url}/api/health`); // by now the other request is under way too
    const exited = once(child, 'exit');
    child.kill('SIGINT');
    const stopping = new Promise<void>((resolve) => {
      child.stdout!.on('data', (chunk: Buffer) => chunk.includes('tashika-cloud stops') && resolve());
    });
    await stopping;
    child.kill('SIGINT');
    expect(await exited).toEqual([1, null]);
    half.destroy();
  });
});

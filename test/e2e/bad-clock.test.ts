import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { decodePayload } from '@tashika/shared/telemetry';
import { describe, expect, it, onTestFinished, type TestContext } from 'vitest';
import { Program, temporaryDirectory, until } from '../rig/index.ts';

/** The library behind the program `faketime`; preloaded, it shows a process another wall clock. */
function faketimeLibrary({ skip }: TestContext): string {
  for (const folder of ['/usr/lib', ...folders('/usr/lib'), '/usr/local/lib']) {
    const file = join(folder, 'faketime');
    if (folders(folder).includes(file)) return join(file, 'libfaketime.so.1');
  }
  if (process.env.CI === 'true') throw new Error('faketime is not installed; this test needs it.');
  return skip('faketime is not installed; this test needs it.');
}

function folders(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => join(path, name));
  } catch {
    return [];
  }
}

interface Arrived {
  readonly arrivedAt: number;
  readonly clock: string | null;
  readonly times: readonly number[];
}

/** Funnel, out of order until `open` is called. What arrives is decoded as the cloud does, by the arrival's time. */
async function startFunnel() {
  const arrived: Arrived[] = [];
  let isOpen = false;
  const server = createServer(async (request, response) => {
    const post = await json(request);
    if (!isOpen) return void response.writeHead(503).end();
    const decoded = decodePayload(post, Date.now());
    if (!decoded.ok) throw new Error(decoded.detail);
    const { clock, readings } = decoded.value;
    arrived.push({ arrivedAt: Date.now(), clock, times: readings.map(({ time }) => time) });
    response.writeHead(204).end();
  }).listen(0, '127.0.0.1');
  await until('Funnel to listen', () => server.listening);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    arrived,
    open: () => {
      isOpen = true;
    },
  };
}

/** A real agent with a wall clock and a time service that a test sets. */
async function startDeceivedAgent(context: TestContext, offsetSeconds: number, synced: boolean) {
  const library = faketimeLibrary(context);
  const directory = temporaryDirectory();
  const funnel = await startFunnel();
  const offset = join(directory, 'offset');
  const mark = join(directory, 'synced');
  /** What NTP, or a hand, does: sets the clock wrong by so much, and says whether it is right. */
  function setClock(seconds: number, right: boolean): void {
    if (right) writeFileSync(mark, '');
    else rmSync(mark, { force: true });
    writeFileSync(`${offset}.new`, `${seconds < 0 ? '' : '+'}${seconds}`);
    renameSync(`${offset}.new`, offset); // the agent reads it at any moment
  }
  setClock(offsetSeconds, synced);
  const tools = join(directory, 'tools');
  mkdirSync(tools);
  writeFileSync(join(tools, 'timedatectl'), `#!/bin/sh\n[ -e ${mark} ] && echo yes || echo no\n`, { mode: 0o755 });
  const agent = new Program('edge/dist/main.js', ['run'], {
    PATH: `${tools}:${process.env.PATH}`,
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: offset,
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    DONT_FAKE_MONOTONIC: '1',
    TASHIKA_EDGE_REGION: '13',
    TASHIKA_EDGE_METADATA_USER_DATA: 'false',
    TASHIKA_EDGE_DATA_DIRECTORY: join(directory, 'data'),
    TASHIKA_EDGE_UPLINK_URL: funnel.url,
    TASHIKA_EDGE_UPLINK_BATCH_AGE_MS: '100',
    TASHIKA_EDGE_UPLINK_RETRY_FIRST_MS: '100',
    TASHIKA_EDGE_UPLINK_RETRY_MOST_MS: '200',
    TASHIKA_EDGE_SENSORS_SYSTEM_INTERVAL_MS: '200',
  });
  const startedAt = Date.now();
  const line = await agent.printed(/"time":(\d+)[^\n]*the agent runs/);
  expect(Math.abs(Number(line[1]) - (startedAt + offsetSeconds * 1_000))).toBeLessThan(60_000); // it is deceived
  funnel.open();

  return {
    setClock,
    /** Waits for two more posts of this clock quality. */
    posts: (clock: string) => {
      const seen = funnel.arrived.length;
      const more = () => funnel.arrived.slice(seen).filter((post) => post.clock === clock).length >= 2;
      return until(`posts that are ${clock}`, more);
    },
    /** Stops the agent; then all of its readings must have the times, and the order, in which they were taken. */
    async hasBeenRight(): Promise<void> {
      expect(await agent.stop()).toBe(0);
      expect(new Set(funnel.arrived.map(({ clock }) => clock))).toEqual(new Set(['relative', 'synced']));
      const times = funnel.arrived.flatMap((post) => post.times);
      for (const time of times) {
        expect(time).toBeGreaterThan(startedAt);
        expect(time).toBeLessThanOrEqual(Date.now());
      }
      const disorder = times.slice(1).map((time, index) => times[index]! - time);
      expect(Math.max(...disorder)).toBeLessThan(500);
    },
  };
}

describe('a real agent', () => {
  it.for<[string, number]>([
    ['in 1970', -Math.round(Date.now() / 1_000) + 30],
    ['two weeks back', -14 * 86_400],
  ])('whose clock begins %s has all its readings in their true seconds', async ([, offset], context) => {
    const agent = await startDeceivedAgent(context, offset, false);
    await agent.posts('relative');
    agent.setClock(0, true);
    await agent.posts('synced');
    await agent.hasBeenRight();
  });

  it('whose right clock is set back by a day has all its readings in their true seconds', async (context) => {
    const agent = await startDeceivedAgent(context, 0, true);
    await agent.posts('synced');
    agent.setClock(-86_400, false);
    await agent.posts('relative');
    agent.setClock(0, true);
    await agent.posts('synced');
    await agent.hasBeenRight();
  });
});

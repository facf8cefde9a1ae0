import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
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

describe.each([
  ['1970', -Math.round(Date.now() / 1_000) + 30],
  ['two weeks back', -14 * 86_400],
])('a real agent whose clock begins in %s', (_name, offsetSeconds) => {
  it('has all its readings in their true seconds, those from before its clock was set too', async (context) => {
    const library = faketimeLibrary(context);
    const directory = temporaryDirectory();
    const funnel = await startFunnel();
    const offset = join(directory, 'offset');
    writeFileSync(offset, String(offsetSeconds));
    // A timedatectl that says what this test's NTP has done.
    const tools = join(directory, 'tools');
    const synced = join(directory, 'synced');
    mkdirSync(tools);
    writeFileSync(join(tools, 'timedatectl'), `#!/bin/sh\n[ -e ${synced} ] && echo yes || echo no\n`, { mode: 0o755 });

    const startedAt = Date.now();
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
    const line = await agent.printed(/"time":(\d+)[^\n]*the agent runs/);
    expect(Math.abs(Number(line[1]) - (startedAt + offsetSeconds * 1_000))).toBeLessThan(60_000); // it is deceived

    funnel.open();
    await until('ages to arrive', () => funnel.arrived.some(({ clock }) => clock === 'relative'));
    writeFileSync(synced, '');
    writeFileSync(offset, '+0');
    await until('times to arrive', () => funnel.arrived.filter(({ clock }) => clock === 'synced').length > 3);
    expect(await agent.stop()).toBe(0);

    const times = funnel.arrived.flatMap((post) => post.times);
    expect(new Set(funnel.arrived.map(({ clock }) => clock))).toEqual(new Set(['relative', 'synced']));
    for (const time of times) {
      expect(time).toBeGreaterThan(startedAt);
      expect(time).toBeLessThanOrEqual(Date.now());
    }
    // Readings arrive in the order in which they were taken, and their times say the same, across the change too.
    const disorder = times.slice(1).map((time, index) => times[index]! - time);
    expect(Math.max(...disorder)).toBeLessThan(500);
  });
});

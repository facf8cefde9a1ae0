import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { takeDataDirectory } from '@tashika/shared/data-directory';
import { pino } from 'pino';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BootClock, machineClock, type SynchronisationProbe } from '../clock/index.ts';
import type { EdgeConfiguration } from '../config/index.ts';
import { hashOf } from '../provisioning/index.ts';
import type { SensorSink, SensorSource } from '../sensors/port.ts';
import { type MetadataService, startMetadataService } from '../testing/metadata-service.ts';
import { mountSmallDisk } from '../testing/small-disk.ts';
import { until } from '../testing/until.ts';
import { accept, type FickleLink, reset, silence, startFickleLink } from '../uplink/testing/fickle-link.ts';
import { VERSION } from '../version.ts';
import { live } from './index.ts';

let directory: string;
let link: FickleLink;
let metadata: MetadataService;
let stop: AbortController;
let life: Promise<void>;
/** Log levels that agents were configured with, one an agent. */
let started: string[];
let sink: SensorSink | undefined;
let nextStart: () => Promise<void>;
/** What the service manager was told. */
let told: string[];

const probe: SensorSource = {
  name: 'probe',
  start: async (given) => {
    await nextStart();
    sink = given;
  },
  stop: async () => {
    sink = undefined;
  },
  check: async () => [],
};

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tashika-life-'));
  link = await startFickleLink();
  metadata = await startMetadataService();
  stop = new AbortController();
  started = [];
  told = [];
  nextStart = async () => undefined;
});
afterEach(async () => {
  stop.abort();
  await life.catch(() => undefined);
  metadata.close();
  await link.close();
  await rm(directory, { recursive: true });
});

function begin(
  dataDirectory = join(directory, 'data'),
  clock: BootClock = machineClock(),
  probes?: readonly SynchronisationProbe[],
): void {
  const file = {
    region: '13',
    dataDirectory,
    metadata: { url: metadata.url, askEveryMs: 100 },
    uplink: { url: link.url, batchAgeMs: 20 },
    spool: { fsyncMs: 10, maxBytes: 200_000, segmentBytes: 8_192 },
    clock: { trusted: probes ? 'auto' : 'always' },
  };
  const loggerOf = ({ log }: EdgeConfiguration) => {
    started.push(log.level);
    return pino({ level: 'silent' });
  };
  const manager = { feedEvery: 20, tell: async (...each: readonly string[]) => void told.push(...each) };
  const parts = { clock, sensors: [probe], probes };
  life = live({ local: { file, env: {} }, loggerOf, stop: stop.signal, manager, parts });
  life.catch(() => undefined);
}

/** The values of one sensor that the link has taken, in order. */
const valuesOf = (name: string) =>
  link.accepted.flatMap(({ pack }) => {
    const base = pack[0]?.bn ?? '';
    return pack.filter(({ n = '' }) => base + n === name).map(({ v, vs }) => v ?? vs);
  });

const LEVEL = (level: string) => JSON.stringify({ log: { level } });

describe("an agent's life", () => {
  it('goes on with the new configuration in the same process, and no reading is lost on the way', async () => {
    metadata.userData = LEVEL('warn');
    begin();
    let value = 0;
    const measuring = setInterval(() => sink?.measured({ sensor: 'probe/x', value: ++value }), 2);
    await until(() => valuesOf('agent/configuration').length === 1);
    metadata.userData = LEVEL('error');
    await until(() => valuesOf('agent/configuration').length === 2);
    const sofar = value;
    await until(() => value > sofar + 50);
    clearInterval(measuring);
    stop.abort();
    await life;
    expect(started.slice(1)).toEqual(['warn', 'error']); // the first one is that of the provisioner
    expect(valuesOf('agent/configuration')).toEqual([hashOf(LEVEL('warn')), hashOf(LEVEL('error'))]);
    expect(new Set(link.accepted.map(({ stream }) => stream)).size).toBe(1);
    // A post that the change cut short is sent again: what matters is that each value is there.
    const known = new Set(valuesOf('probe/x'));
    expect(Array.from({ length: value }, (_, n) => n + 1).filter((each) => !known.has(each))).toEqual([]);
    expect(link.accepted.at(-1)?.held).toBe(0);
  });

  it('tells its version and how often it was started when it starts, and not when its configuration changes', async () => {
    metadata.userData = LEVEL('warn');
    begin();
    await until(() => valuesOf('agent/configuration').length === 1);
    metadata.userData = LEVEL('error');
    await until(() => valuesOf('agent/configuration').length === 2);
    stop.abort();
    await life;
    stop = new AbortController();
    begin();
    await until(() => valuesOf('agent/starts').length === 2);
    expect(valuesOf('agent/starts')).toEqual([1, 2]);
    expect(valuesOf('agent/version')).toEqual([VERSION, VERSION]);
  });

  it('goes back to the last good configuration when no agent can be started with a new one', async () => {
    metadata.userData = LEVEL('warn');
    begin();
    await until(() => valuesOf('agent/configuration').length === 1);
    nextStart = async () => {
      nextStart = async () => undefined;
      throw new Error('No sensor can be made of this.');
    };
    metadata.userData = LEVEL('error');
    await until(() => valuesOf('agent/configuration').length >= 2);
    expect(started.slice(1)).toEqual(['warn', 'error', 'warn']);
    expect(valuesOf('agent/configuration').at(-1)).toBe(
      `${hashOf(LEVEL('warn'))}; refused ${hashOf(LEVEL('error'))}: No sensor can be made of this.`,
    );
  });

  it('tells the service manager when it is ready, how it is, and when it stops', async () => {
    begin();
    await until(() => told.includes('WATCHDOG=1'));
    stop.abort();
    await life;
    expect(told[0]).toBe('READY=1');
    expect(told[1]).toMatch(/^STATUS=region 13; clock synced; \d+ readings held; last post accepted: /);
    expect(told.at(-1)).toBe('STOPPING=1');
  });

  it('ends within 10 s on a link that never answers', async () => {
    const machine = machineClock();
    const asked: number[] = [];
    const after: BootClock['after'] = (delayMs, callback) => {
      asked.push(delayMs);
      return machine.after(delayMs / 10, callback);
    };
    link.otherwise = silence;
    begin(undefined, { ...machine, after });
    await until(() => link.posts.length > 0);
    asked.length = 0;
    stop.abort();
    await life;
    // Half of the modem's command's grace is for asking it to end, half for its output.
    expect(Math.max(...asked) + 2_000).toBe(10_000);
  });

  it('neither writes into a data directory that another has, nor asks for anything', async () => {
    const dataDirectory = join(directory, 'data');
    const other = await takeDataDirectory(dataDirectory);
    metadata.userData = LEVEL('warn');
    begin();
    await expect(life).rejects.toMatchObject({ code: 'DATA_DIRECTORY_IN_USE' });
    expect(metadata.asked).toBe(0);
    expect(await readdir(dataDirectory)).toEqual(['lock']);
    await other.release();
  });

  it('ends while it starts, though who is asked whether the clock is right never answers', async () => {
    const asked = new Promise<AbortSignal | undefined>((resolve) => {
      const never: SynchronisationProbe = (_jumped, signal) => {
        resolve(signal);
        return new Promise(() => {});
      };
      begin(undefined, undefined, [never]);
    });
    const signal = await asked;
    expect(signal?.aborted).toBe(false);
    stop.abort();
    await life;
    expect(signal?.aborted).toBe(true);
  });

  it("tells of a bad configuration upward, and ends for what is the device's own trouble", async () => {
    metadata.userData = '{"uplink":{"url":"http://elsewhere","fast":true}}';
    begin();
    await until(() => valuesOf('agent/configuration').length === 1);
    expect(valuesOf('agent/configuration')).toEqual([
      `none; refused ${hashOf(metadata.userData)}: uplink.fast is not a setting.`,
    ]);
    const first = life;
    const stopFirst = stop;
    stop = new AbortController();
    begin(); // a second one in the same directory
    await expect(life).rejects.toMatchObject({ code: 'DATA_DIRECTORY_IN_USE' });
    stopFirst.abort();
    await first;
  });
});

const disk = await mountSmallDisk(512 * 1024);
if (!disk && process.env.CI === 'true')
  throw new Error('A full disk can not be tested here: mount, sudo -n mount and unshare -rm are all refused.');
afterAll(() => disk?.remove());

it.skipIf(!disk)('an agent is not started again while readings wait in memory for a full disk', async () => {
  const filler = join(disk!.path, 'filler');
  metadata.userData = LEVEL('warn');
  begin(join(disk!.path, 'data'));
  await until(() => valuesOf('agent/configuration').length === 1);
  const block = Buffer.alloc(4_096, 'x');
  const filling = (async () => {
    for (;;) await writeFile(filler, block, { flag: 'a' });
  })();
  await expect(filling).rejects.toMatchObject({ code: 'ENOSPC' });
  link.otherwise = reset;
  // More than the blocks at hand can take.
  for (let value = 1; value <= 3_000; value++) {
    sink!.measured({ sensor: 'probe/x', value });
    if (value % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const asked = metadata.asked;
  metadata.userData = LEVEL('error');
  await until(() => metadata.asked > asked + 3);
  expect(started.slice(1)).toEqual(['warn']);
  await rm(filler);
  link.otherwise = accept;
  await until(() => started.length === 3);
  await until(() => new Set(valuesOf('probe/x')).size === 3_000);
  expect(new Set(link.accepted.map(({ stream }) => stream)).size).toBe(1);
});

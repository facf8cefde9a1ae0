import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Agent, startAgent } from './agent.ts';
import { loadEdgeConfiguration } from './config/index.ts';
import { Probe } from './testing/probe.ts';
import { mountSmallDisk } from './testing/small-disk.ts';
import { until } from './testing/until.ts';
import { accept, type FickleLink, reset, startFickleLink } from './uplink/testing/fickle-link.ts';

const DISK_BYTES = 512 * 1024;
const disk = await mountSmallDisk(DISK_BYTES);
if (!disk && process.env.CI === 'true')
  throw new Error('A full disk can not be tested here: mount, sudo -n mount and unshare -rm are all refused.');
afterAll(() => disk?.remove());

describe.skipIf(!disk)('an agent on a full disk', () => {
  let link: FickleLink;
  let agent: Agent | undefined;
  const filler = join(disk?.path ?? '', 'filler');
  const probe = new Probe();

  beforeEach(async () => {
    link = await startFickleLink();
  });
  afterEach(async () => {
    await agent?.stop(AbortSignal.timeout(2_000));
    agent = undefined;
    await link.close();
    await rm(filler, { force: true });
  });

  async function start(directory: string): Promise<void> {
    const configuration = loadEdgeConfiguration(undefined, {
      TASHIKA_EDGE_REGION: '13',
      TASHIKA_EDGE_DATA_DIRECTORY: join(disk!.path, directory),
      TASHIKA_EDGE_UPLINK_URL: link.url,
      TASHIKA_EDGE_UPLINK_BATCH_AGE_MS: '20',
      TASHIKA_EDGE_UPLINK_RETRY_FIRST_MS: '20',
      TASHIKA_EDGE_UPLINK_RETRY_MOST_MS: '50',
      TASHIKA_EDGE_SPOOL_FSYNC_MS: '10',
      TASHIKA_EDGE_SPOOL_MAX_BYTES: '200000',
      TASHIKA_EDGE_SPOOL_SEGMENT_BYTES: '8192',
    });
    agent = await startAgent(configuration, { logger: pino({ level: 'silent' }), sensors: [probe] });
  }

  /** Takes every byte that is left. */
  async function fillDisk(): Promise<void> {
    const block = Buffer.alloc(4_096, 'x');
    await expect(
      (async () => {
        for (;;) await writeFile(filler, block, { flag: 'a' });
      })(),
    ).rejects.toMatchObject({ code: 'ENOSPC' });
  }

  const measure = (from: number, to: number) => {
    for (let value = from; value <= to; value++) probe.take(value);
  };
  const numbers = () => link.accepted.flatMap(({ seq, pack }) => pack.map((_, index) => seq + index));

  it('goes on measuring and sending, says so, and recovers by itself', async () => {
    await start('data');
    measure(1, 10);
    await until(() => numbers().length === 10);
    await fillDisk();
    link.otherwise = reset;
    for (let batch = 0; batch < 30; batch++) {
      measure(11 + batch * 100, 10 + (batch + 1) * 100);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await until(() => agent!.figures.spool.diskRefuses);
    link.otherwise = accept;
    await until(() => new Set(numbers()).size === 3_010);
    await rm(filler);
    await until(() => !agent!.figures.spool.diskRefuses);
    measure(3_011, 3_020);
    await until(() => new Set(numbers()).size === 3_020);
    expect(Math.max(...numbers())).toBe(3_020);
    expect(agent!.figures.spool.lost).toBe(0);
  });

  it('starts with what it had when it ended, and numbers on', async () => {
    await start('restarted');
    measure(1, 3);
    await until(() => numbers().length === 3);
    const { stream } = agent!.figures.spool;
    await fillDisk();
    await agent!.stop(AbortSignal.timeout(2_000));
    await start('restarted');
    measure(4, 8);
    await until(() => numbers().length === 8);
    expect(link.accepted.at(-1)?.stream).toBe(stream);
    expect(numbers()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('says clearly that there is no room for a first spool', async () => {
    await fillDisk();
    await expect(start('another')).rejects.toMatchObject({
      code: 'DISK_FULL',
    });
    expect((await readFile(filler)).length).toBeGreaterThan(0);
  });
});

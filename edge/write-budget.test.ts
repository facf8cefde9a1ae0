import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Agent, startAgent } from './agent.ts';
import { loadEdgeConfiguration } from './config/index.ts';
import { Probe } from './testing/probe.ts';
import { type FickleLink, startFickleLink } from './uplink/testing/fickle-link.ts';

let directory: string;
let link: FickleLink;
let agent: Agent | undefined;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tashika-budget-'));
  link = await startFickleLink();
});
afterEach(async () => {
  await agent?.stop(AbortSignal.timeout(2_000));
  await link.close();
  await rm(directory, { recursive: true });
});

it('an agent that writes more in a day than it may warns, is degraded, and goes on storing and sending', async () => {
  const configuration = loadEdgeConfiguration(undefined, {
    TASHIKA_EDGE_REGION: '13',
    TASHIKA_EDGE_DATA_DIRECTORY: directory,
    TASHIKA_EDGE_UPLINK_URL: link.url,
    TASHIKA_EDGE_UPLINK_BATCH_AGE_MS: '0',
    TASHIKA_EDGE_SPOOL_DAILY_WRITE_BYTES: String(1_048_576),
    TASHIKA_EDGE_SPOOL_FSYNC_READINGS: '1',
    TASHIKA_EDGE_HEALTH_PORT: '0',
  });
  const lines: string[] = [];
  const log = new Writable({ write: (chunk, _encoding, done) => done(void lines.push(String(chunk))) });
  const probe = new Probe();
  agent = await startAgent(configuration, { logger: pino(log), sensors: [probe] });
  const health = `http://127.0.0.1:${agent.healthPort}`;
  let taken = 0;
  const measure = async () => {
    probe.take(++taken);
    await new Promise((resolve) => setImmediate(resolve));
  };
  while (!agent.figures.spool.writeBudgetSpent) await measure();
  for (let each = 0; each < 10; each++) await measure();

  expect(await (await fetch(`${health}/health`)).json()).toMatchObject({ status: 'degraded' });
  const metrics = await (await fetch(`${health}/metrics`)).text();
  expect(metrics).toMatch(/^tashika_edge_disk_write_budget_spent 1$/m);
  expect(Number(/^tashika_edge_disk_written_today_bytes (\d+)$/m.exec(metrics)?.[1])).toBeGreaterThanOrEqual(1_048_576);
  expect(lines.filter((line) => line.includes('spool.dailyWriteBytes'))).toHaveLength(1);
  await agent.stop(AbortSignal.timeout(5_000));
  agent = undefined;
  expect(link.accepted.reduce((sum, { pack }) => sum + pack.length, 0)).toBe(taken);
});

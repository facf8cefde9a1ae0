import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { machineClock } from '../clock/index.ts';
import { startFickleLink } from './testing/fickle-link.ts';
import { startUdpServer } from './testing/line-server.ts';
import { openWayOut, type WayOut, type WayOutOptions } from './way-out.ts';

const NEVER = new AbortController().signal;
const POST = Buffer.from('{"v":1,"pref":"13","stream":"q3Zb81xK0dE","seq":1,"held":0,"pack":[]}');

async function scene(options: Partial<WayOutOptions> = {}) {
  const lines: { level: number; msg: string }[] = [];
  const logger = pino({ base: null }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const server = await startFickleLink();
  onTestFinished(() => server.close());
  const dataDirectory = mkdtempSync(join(tmpdir(), 'tashika-way-out-'));
  onTestFinished(() => rmSync(dataDirectory, { recursive: true, force: true }));
  const open = async (): Promise<WayOut> => {
    const wayOut = await openWayOut(
      {
        url: server.url,
        timeoutMs: 5_000,
        batchBytes: 32_768,
        packetBytes: 1_360,
        whenSpent: 'hold',
        sparseMs: 900_000,
        resetAfterMs: 1,
        resetTimeoutMs: 5_000,
        ...options,
      },
      { dataDirectory, clock: machineClock(), synced: () => true, logger },
    );
    onTestFinished(() => wayOut.link.close());
    return wayOut;
  };
  return { open, lines };
}

describe('the way out of a device', () => {
  it('costs what it likes, and tells how much, where there is no budget', async () => {
    const { open } = await scene();
    const { link, allowance, figures, ...wayOut } = await open();
    for (let post = 0; post < 3; post++) expect((await link.post(POST, NEVER)).kind).toBe('accepted');
    expect([allowance, figures.budget]).toEqual([undefined, undefined]);
    expect(wayOut.batchBytes).toBe(32_768);
  });

  it('says how many connections it opened, and counts the first post as dearer', async () => {
    const { open } = await scene();
    const wayOut = await open();
    const costs: number[] = [];
    for (let post = 0; post < 3; post++) {
      const before = wayOut.figures.airBytes;
      await wayOut.link.post(POST, NEVER);
      costs.push(wayOut.figures.airBytes - before);
    }
    expect(wayOut.figures.connections).toBe(1);
    expect(costs[1]).toBe(costs[2]);
    expect(costs[0]).toBeGreaterThan(costs[1]! + 300);
  });

  it('says once that its budget is spent, and what becomes of readings, and again after a restart', async () => {
    const { open, lines } = await scene({ dailyBytes: 10_000 });
    const first = await open();
    while (first.allowance!.next().waitMs === 0) {
      expect(lines).toEqual([]);
      await first.link.post(POST, NEVER);
    }
    await first.link.post(POST, NEVER);
    const told = {
      level: 40,
      msg: expect.stringContaining('wait in the spool until the next day'),
      limitBytes: 10_000,
    };
    expect(lines).toEqual([expect.objectContaining(told)]);
    await first.close();
    await open();
    expect(lines).toEqual([expect.objectContaining(told), expect.objectContaining(told)]);
  });

  it('keeps its budget over a restart', async () => {
    const { open } = await scene({ dailyBytes: 10_000 });
    const first = await open();
    let posts = 0;
    while (first.allowance!.next().waitMs === 0) {
      await first.link.post(POST, NEVER);
      posts++;
    }
    expect(posts).toBeGreaterThan(10);
    const { bytesUsed } = first.figures.budget!;
    await first.close();
    const second = await open();
    expect(second.figures.budget).toEqual({ bytesUsed, limitBytes: 10_000 });
    expect(second.allowance!.next().waitMs).toBeGreaterThan(0);
  });

  it('resets the modem from which nothing is heard', async () => {
    const { open } = await scene({ url: 'http://127.0.0.1:1', resetCommand: ['true'] });
    const wayOut = await open();
    for (let post = 0; post < 50 && wayOut.figures.modemResets === 0; post++) await wayOut.link.post(POST, NEVER);
    expect(wayOut.figures.modemResets).toBe(1);
  });

  it('keeps posts to one packet where a packet is a post', async () => {
    const { url } = await startUdpServer();
    const { open } = await scene({ url });
    expect((await open()).batchBytes).toBe(1_360);
  });
});

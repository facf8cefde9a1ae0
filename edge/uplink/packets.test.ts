import { resolveRegion } from '@tashika/shared/regions';
import { type Post, resolvePack } from '@tashika/shared/telemetry';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { machineClock } from '../clock/index.ts';
import type { Spool } from '../spool/index.ts';
import { MemoryFiles } from '../spool/testing/memory-files.ts';
import { openTestSpool } from '../spool/testing/open-spool.ts';
import { openLink } from './open-link.ts';
import { type LineServer, startTcpServer, startUdpServer } from './testing/line-server.ts';
import { Uplink } from './uplink.ts';

const clock = machineClock();

async function uplinkTo(url: string, packetBytes: number): Promise<{ uplink: Uplink; spool: Spool }> {
  const { spool } = await openTestSpool(new MemoryFiles(), { bootId: clock.bootId, segmentBytes: 65_536 });
  const uplink = new Uplink({
    spool,
    link: openLink({ url, timeoutMs: 5_000, packetBytes }),
    region: { known: Promise.resolve(), current: resolveRegion('13') },
    clock,
    synced: () => true,
    batchBytes: packetBytes,
    batchReadings: 1_000,
    batchAgeMs: 0,
    retry: { firstMs: 2, mostMs: 8 },
    replay: { share: 1, speed: 1_000_000 },
    random: () => 0.5,
    logger: pino({ level: 'silent' }),
  });
  onTestFinished(() => uplink.drain(AbortSignal.abort()));
  return { uplink, spool };
}

async function fill(spool: Spool, values: readonly (number | string)[]): Promise<void> {
  for (const value of values)
    void spool.append({
      name: 'cabinet/temperature',
      unit: 'Cel',
      value,
      monotonicMs: clock.monotonic(),
      wallMs: clock.now(),
      synced: true,
    });
  await spool.flush();
}

/** The real socket decides when; a deadline ends a test that would wait for ever. */
async function emptied(spool: Spool): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (spool.figures.held > 0) {
    if (Date.now() > deadline) throw new Error(`${spool.figures.held} readings are still held.`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

const NUMBERS = Array.from({ length: 100 }, (_, n) => n);

function valuesOf(server: LineServer): unknown[] {
  return (server.taken as Post[]).flatMap(({ pack }) => {
    const resolved = resolvePack(pack, clock.now());
    return resolved.ok ? resolved.value.map(({ value }) => value) : [];
  });
}

describe.each([
  ['TCP', startTcpServer],
  ['UDP', startUdpServer],
])('an uplink over %s', (_name, start) => {
  it('fills its packets and never sends a longer one', async () => {
    const server = await start();
    const { uplink, spool } = await uplinkTo(server.url, 1_360);
    await fill(spool, NUMBERS);
    uplink.start();
    await emptied(spool);
    expect(valuesOf(server)).toEqual(NUMBERS);
    expect(Math.max(...server.payloads.map((payload) => Buffer.byteLength(payload)))).toBeLessThanOrEqual(1_360);
    expect(server.payloads.length).toBeLessThanOrEqual(4);
  });

  it('gives a reading up that no packet takes, tells it, and sends the others', async () => {
    const server = await start();
    const { uplink, spool } = await uplinkTo(server.url, 512);
    await fill(spool, [1, 'x'.repeat(600), 3]);
    uplink.start();
    await emptied(spool);
    expect(valuesOf(server)).toEqual([1, 3]);
    expect((server.taken as Post[]).flatMap(({ lost = [] }) => lost)).toEqual([[2, 2]]);
  });
});

describe('an uplink over TCP', () => {
  it('finds the length that a path lets through whole, and loses nothing on the way there', async () => {
    const server = await startTcpServer();
    server.cut = (payload) => (payload.length <= 300 ? [payload] : [payload.subarray(0, 300), payload.subarray(300)]);
    const { uplink, spool } = await uplinkTo(server.url, 1_360);
    await fill(spool, NUMBERS);
    uplink.start();
    await emptied(spool);
    expect(valuesOf(server)).toEqual(NUMBERS);
    expect(spool.figures.lost).toBe(0);
    expect(uplink.figures.posts.refused).toBe(0);
  });
});

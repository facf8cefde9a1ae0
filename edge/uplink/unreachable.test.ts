import { resolveRegion } from '@tashika/shared/regions';
import { count, type SequenceRanges, union } from '@tashika/shared/sequence';
import type { Post } from '@tashika/shared/telemetry';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import type { BootClock } from '../clock/index.ts';
import { MemoryFiles } from '../spool/testing/memory-files.ts';
import { BOOT, openTestSpool } from '../spool/testing/open-spool.ts';
import type { Link } from './link.ts';
import { Uplink } from './uplink.ts';

/** A tower that is down until it is up. */
class Tower implements Link {
  up = false;
  attempts = 0;
  readonly posts: Post[] = [];

  async post(body: Buffer) {
    this.attempts++;
    if (!this.up) return { kind: 'failed', reason: 'No route to host' } as const;
    this.posts.push(JSON.parse(body.toString()) as Post);
    return { kind: 'accepted' } as const;
  }

  async close() {}
}

describe('an agent whose link is unreachable for hours', () => {
  it('stays within its bounds on the disk and in memory, and then tells what that cost', async () => {
    const [readings, everyMs, maxBytes, memoryBytes] = [100_000, 200, 1_000_000, 131_072];
    const { spool, clock } = await openTestSpool(new MemoryFiles(), {
      maxBytes,
      memoryBytes,
      segmentBytes: 65_536,
      fsyncMs: 500,
      fsyncReadings: 1_000,
    });
    const bootClock: BootClock = Object.assign(clock, { bootId: BOOT });
    const tower = new Tower();
    const uplink = new Uplink({
      spool,
      link: tower,
      region: { known: Promise.resolve(), current: resolveRegion('13') },
      clock: bootClock,
      synced: () => true,
      batchBytes: 32_768,
      batchReadings: 1_000,
      batchAgeMs: 1_000,
      retry: { firstMs: 1_000, mostMs: 60_000 },
      replay: { share: 1, speed: 1_000_000 },
      random: () => 0.5,
      logger: pino({ level: 'silent' }),
    });
    uplink.start();

    const most = { diskBytes: 0, memoryBytes: 0, timers: 0 };
    for (let taken = 0; taken < readings; taken += 10) {
      for (let each = 0; each < 10; each++)
        void spool.append({
          name: 'n',
          unit: 'Cel',
          value: taken + each,
          monotonicMs: clock.monotonic(),
          wallMs: clock.now(),
          synced: true,
        });
      await clock.advance(10 * everyMs);
      const { figures } = spool;
      most.diskBytes = Math.max(most.diskBytes, figures.diskBytes);
      most.memoryBytes = Math.max(most.memoryBytes, figures.memoryBytes);
      most.timers = Math.max(most.timers, clock.pending);
    }
    await spool.flush();
    const hours = (readings * everyMs) / 3_600_000;
    const { held, lost } = spool.figures;
    expect(hours).toBeGreaterThan(5);
    expect(held + lost).toBe(readings);
    expect(held).toBeGreaterThan(10_000);
    expect(most.diskBytes).toBeLessThanOrEqual(maxBytes);
    expect(most.memoryBytes).toBeLessThan(2_000); // what half a second brings, although there is room for more
    expect(most.timers).toBeLessThanOrEqual(3); // the next attempt, the next flush, the next save
    expect(tower.attempts).toBeGreaterThan(hours * 60);
    expect(tower.attempts).toBeLessThan(hours * 60 * 2 + 10);

    tower.up = true;
    for (let minute = 0; minute < 5 && spool.figures.held > 0; minute++) await clock.advance(60_000);
    await uplink.drain(AbortSignal.timeout(10_000));
    const told = tower.posts.reduce<SequenceRanges>((ranges, { lost: each = [] }) => union(ranges, each), []);
    expect(tower.posts.reduce((sum, { pack }) => sum + pack.length, 0)).toBe(held);
    expect(count(told)).toBe(lost);
    await spool.close();
  });
});

import { TestClock } from '@tashika/shared/time';
import { describe, expect, it } from 'vitest';
import { DiskMeter, meteredFiles } from './metered-files.ts';
import type { SpoolOptions } from './options.ts';
import type { SpoolReport } from './report.ts';
import { Spool } from './spool.ts';
import { MemoryFiles } from './testing/memory-files.ts';
import { BOOT, reading } from './testing/open-spool.ts';
import { EVERYTHING } from './testing/receiver.ts';

const HOUR = 3_600_000;

describe('a meter of what is written', () => {
  it('counts whole blocks, each whenever it is forced onto the disk', async () => {
    const meter = new DiskMeter({ clock: new TestClock(), synced: () => true });
    const file = await meteredFiles(new MemoryFiles(), meter).create('file');
    await file.write(0, Buffer.alloc(10));
    await file.write(10, Buffer.alloc(10));
    await file.sync();
    expect(meter).toMatchObject({ bytesWritten: 20, blockBytes: 4_096, syncs: 1, todayBytes: 4_096 });
    await file.write(4_090, Buffer.alloc(10));
    await file.sync();
    await file.sync();
    expect(meter).toMatchObject({ bytesWritten: 30, blockBytes: 3 * 4_096, syncs: 3 });
  });
});

describe('a spool with a budget for what a day writes', () => {
  /** Opens a spool that may write five blocks a day beyond what its files take to be made. */
  async function open(files: MemoryFiles, clock: TestClock, reports: SpoolReport[]) {
    const meter = new DiskMeter({ clock, synced: () => true });
    const options: SpoolOptions = {
      files: meteredFiles(files, meter),
      meter,
      clock,
      bootId: BOOT,
      report: (report) => void reports.push(report),
      maxBytes: 1_000_000,
      segmentBytes: 250_000,
      fsyncMs: 100,
      fsyncReadings: 100,
      memoryBytes: 100_000,
      policy: 'drop-oldest',
      dailyWriteBytes: 30 * 4_096,
    };
    return { meter, spool: await Spool.open(options) };
  }

  const append = async (spool: Spool, times: number) => {
    for (let each = 0; each < times; each++) {
      void spool.append(reading(each));
      await spool.flush();
    }
  };
  const told = (reports: SpoolReport[]) => reports.filter(({ kind }) => kind === 'write-budget-spent').length;

  it('tells once a day that it is spent, and goes on storing', async () => {
    const clock = new TestClock();
    const reports: SpoolReport[] = [];
    const { spool } = await open(new MemoryFiles(), clock, reports);
    await append(spool, 5);
    expect([told(reports), spool.figures.writeBudgetSpent]).toEqual([0, false]);
    await append(spool, 60);
    expect([told(reports), spool.figures.writeBudgetSpent]).toEqual([1, true]);
    expect((await spool.read(EVERYTHING))?.readings).toHaveLength(65);
    await clock.advance(24 * HOUR);
    await append(spool, 1);
    expect([told(reports), spool.figures.writeBudgetSpent]).toEqual([1, false]);
    await append(spool, 40);
    expect(told(reports)).toBe(2);
  });

  it('counts what the starts before have written that day', async () => {
    const clock = new TestClock();
    const files = new MemoryFiles();
    const first = await open(files, clock, []);
    await append(first.spool, 8);
    await first.spool.close();
    const before = first.meter.todayBytes;
    const second = await open(files, clock, []);
    // The last save counts itself only in the next.
    expect(second.meter.todayBytes).toBeGreaterThanOrEqual(before - 4_096);
    await clock.advance(24 * HOUR);
    expect(second.meter.todayBytes).toBe(0);
  });
});

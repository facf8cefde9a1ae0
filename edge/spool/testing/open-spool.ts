import { TestClock } from '@tashika/shared/time';
import type { SpoolOptions } from '../options.ts';
import type { Reading } from '../reading.ts';
import type { SpoolReport } from '../report.ts';
import type { SegmentFiles } from '../segment-files.ts';
import { Spool } from '../spool.ts';

export const BOOT = '11111111-2222-3333-4444-555555555555';

export const NEXT_BOOT = '66666666-7777-8888-9999-000000000000';

export interface TestSpool {
  readonly spool: Spool;
  readonly clock: TestClock;
  readonly reports: SpoolReport[];
}

/** A small spool, most often on a disk in memory. */
export async function openTestSpool(files: SegmentFiles, options: Partial<SpoolOptions> = {}): Promise<TestSpool> {
  const clock = new TestClock();
  const reports: SpoolReport[] = [];
  const spool = await Spool.open({
    files,
    clock,
    bootId: BOOT,
    report: (report) => void reports.push(report),
    maxBytes: 1_000_000,
    segmentBytes: 250,
    fsyncMs: 100,
    fsyncReadings: 100,
    memoryBytes: 100_000,
    policy: 'drop-oldest',
    ...options,
  });
  return { spool, clock, reports };
}

export function reading(value: number | string | boolean): Reading {
  return { name: 'n', unit: '', value, monotonicMs: 1, wallMs: 2, synced: true };
}

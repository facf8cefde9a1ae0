import { TestClock } from '@tashika/shared/time';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import type { SpoolReport } from './spool/index.ts';
import { spoolLog } from './spool-log.ts';

function logged() {
  const lines: Record<string, unknown>[] = [];
  const clock = new TestClock();
  const stream = { write: (line: string) => void lines.push(JSON.parse(line)) };
  return { lines, clock, report: spoolLog(pino({ base: null, timestamp: false }, stream), clock) };
}

function lost(first: number, last: number, why: 'memory-full' | 'too-old' = 'memory-full'): SpoolReport {
  return { kind: 'lost', stream: 's', ranges: [[first, last]], why };
}

it('tells a loss at once, and those of the minute after it in one line', async () => {
  const { lines, clock, report } = logged();
  for (let second = 0; second < 120; second++) {
    report(lost(second * 10 + 1, second * 10 + 10));
    await clock.advance(1_000);
  }
  report(lost(1_201, 1_210));
  expect(lines.map(({ ranges, readings }) => [ranges, readings])).toEqual([
    [[[1, 10]], 10],
    [[[11, 610]], 600],
    [[[611, 1_210]], 600],
  ]);
  expect(lines[0]).toMatchObject({ level: 50, why: 'memory-full', stream: 's' });
});

it('does not let a loss of one kind hide that of another', () => {
  const { lines, report } = logged();
  report(lost(1, 2));
  report(lost(3, 3, 'too-old'));
  expect(lines.map(({ level, why }) => [level, why])).toEqual([
    [50, 'memory-full'],
    [40, 'too-old'],
  ]);
});

it('tells the rest of a loss when the disk takes readings again', () => {
  const { lines, report } = logged();
  report(lost(1, 2));
  report(lost(3, 4));
  report({ kind: 'disk-recovered' });
  expect(lines.slice(1).map(({ readings, msg }) => [readings, msg])).toEqual([
    [2, 'readings are lost; the cloud is told which, once the disk takes a note'],
    [undefined, 'the disk takes readings again'],
  ]);
});

it.each([
  ['ENOSPC', 'DISK_FULL'],
  ['EDQUOT', 'DISK_FULL'],
  ['EROFS', 'DISK_READ_ONLY'],
  ['EIO', 'DATA_DIRECTORY_UNWRITABLE'],
])('calls a disk that answers %s by its name', (system, code) => {
  const { lines, report } = logged();
  report({ kind: 'disk-refuses', error: Object.assign(new Error(system), { code: system }) });
  expect(lines).toMatchObject([{ code, msg: 'the disk takes no readings; they wait in memory' }]);
});

import { describe, expect, it } from 'vitest';
import { MemoryFiles } from './testing/memory-files.ts';
import { NEXT_BOOT, openTestSpool, reading } from './testing/open-spool.ts';
import { EVERYTHING } from './testing/receiver.ts';

const HOUR = 3_600_000;

/** A spool whose readings bear the time of its clock. */
async function openAging(files: MemoryFiles, options: object = {}) {
  const opened = await openTestSpool(files, { maxAgeMs: HOUR, synced: () => true, ...options });
  const { spool, clock } = opened;
  return {
    ...opened,
    async take(count: number, synced = true) {
      for (let each = 0; each < count; each++) {
        void spool.append({ ...reading(each), monotonicMs: clock.monotonic(), wallMs: clock.now(), synced });
        await spool.flush();
      }
    },
  };
}

describe('readings that have waited for longer than they are worth', () => {
  it('are given up and told, and their files with them', async () => {
    const files = new MemoryFiles();
    const { spool, clock, take, reports } = await openAging(files);
    await take(20);
    const segments = () => files.paths.filter((path) => path.endsWith('.segment')).length;
    const before = segments();
    await clock.advance(HOUR - 1);
    await take(1);
    expect(spool.figures.held).toBe(21);
    await clock.advance(120_000);
    await take(1);
    expect(segments()).toBeLessThan(before);
    expect(await spool.read(EVERYTHING)).toMatchObject({ first: 21, readings: { length: 2 }, lost: [[1, 20]] });
    expect(spool.figures).toMatchObject({ held: 2, lost: 20 });
    for (const report of reports) if (report.kind === 'lost') expect(report.why).toBe('too-old');
  });

  it('are not sent even if their file is still written to', async () => {
    const { spool, clock, take } = await openAging(new MemoryFiles(), { segmentBytes: 10_000 });
    await take(3);
    await clock.advance(HOUR + 1);
    await take(2);
    expect(await spool.read(EVERYTHING)).toMatchObject({ first: 4, readings: { length: 2 }, lost: [[1, 3]] });
  });

  it('are known by the wall clock after a restart, if it was right then and is now', async () => {
    const files = new MemoryFiles();
    const { take } = await openAging(files);
    await take(3);
    let synced = false;
    const later = await openAging(files, { bootId: NEXT_BOOT, synced: () => synced });
    await later.clock.advance(HOUR + 1);
    expect(await later.spool.read(EVERYTHING)).toMatchObject({ first: 1, lost: [] });
    synced = true;
    expect(await later.spool.read(EVERYTHING)).toMatchObject({ readings: [], lost: [[1, 3]] });
  });

  it('are kept when nobody can know how old they are', async () => {
    const files = new MemoryFiles();
    const { take } = await openAging(files);
    await take(3, false);
    const later = await openAging(files, { bootId: NEXT_BOOT });
    await later.clock.advance(1_000 * HOUR);
    await later.take(1);
    expect(await later.spool.read(EVERYTHING)).toMatchObject({ first: 1, readings: { length: 4 }, lost: [] });
  });
});

import type { SequenceRanges } from '@tashika/shared/sequence';
import { describe, expect, it } from 'vitest';
import type { Batch } from './batch.ts';
import type { Spool } from './spool.ts';
import { MemoryFiles } from './testing/memory-files.ts';
import { openTestSpool, reading } from './testing/open-spool.ts';
import { EVERYTHING, Receiver } from './testing/receiver.ts';

const KEPT = { keepUntilConfirmed: true };

async function append(spool: Spool, from: number, to: number): Promise<void> {
  for (let value = from; value <= to; value++) {
    void spool.append(reading(value));
    await spool.flush();
  }
}

/** Sends everything that waits. */
async function sendAll(spool: Spool): Promise<Receiver> {
  const receiver = new Receiver();
  await receiver.drain(spool);
  return receiver;
}

const segmentsOf = (files: MemoryFiles) => files.paths.filter((path) => /^\d.*\.segment$/.test(path)).length;
const numbersOf = (batch: Batch | undefined) => batch?.readings.map(({ sequence }) => sequence);

/** A receipt for the only stream. */
function confirm(spool: Spool, through: number, ...missing: SequenceRanges): Promise<void> {
  return spool.confirm({ stream: spool.figures.stream, through, missing });
}

describe('a spool that keeps what is sent until it is confirmed', () => {
  it('sends everything once, and keeps it on the disk, across restarts', async () => {
    const files = new MemoryFiles();
    const { spool, clock } = await openTestSpool(files, KEPT);
    await append(spool, 1, 40);
    const segments = segmentsOf(files);
    await sendAll(spool);
    await clock.advance(5_000);
    expect(spool.figures).toMatchObject({ held: 0, unconfirmed: 40, again: 0 });
    expect(segmentsOf(files)).toBe(segments);
    const again = (await openTestSpool(files.afterKill(), KEPT)).spool;
    expect(await again.read(EVERYTHING)).toBeUndefined();
    expect(again.unconfirmed).toEqual([
      { stream: spool.figures.stream, readings: 40, sent: [[1, 40]], told: [], through: 40, last: 40 },
    ]);
  });

  it('frees what the cloud has', async () => {
    const files = new MemoryFiles();
    const { spool, clock } = await openTestSpool(files, KEPT);
    await append(spool, 1, 40);
    await sendAll(spool);
    await confirm(spool, 38);
    await clock.advance(5_000);
    await spool.flush();
    expect(segmentsOf(files)).toBe(1);
    expect(spool.unconfirmed).toMatchObject([{ readings: 2, through: 40 }]);
    await confirm(spool, 40);
    expect([spool.unconfirmed, spool.figures.unconfirmed]).toEqual([[], 0]);
  });

  it('reads again what the cloud lacks, in ranges, before anything else, and losing nothing across a restart', async () => {
    const files = new MemoryFiles();
    const { spool, clock } = await openTestSpool(files, KEPT);
    await append(spool, 1, 40);
    await sendAll(spool);
    await append(spool, 41, 42);
    await confirm(spool, 40, [7, 9], [20, 20], [38, 40]);
    expect(spool.figures).toMatchObject({ held: 2, unconfirmed: 0, again: 7 });
    await clock.advance(5_000);
    await spool.flush();
    const again = (await openTestSpool(files.afterPowerCut('keeps-none'), KEPT)).spool;
    const batches: unknown[] = [];
    for (let batch = await again.read(EVERYTHING); batch; batch = await again.read(EVERYTHING)) {
      batches.push(numbersOf(batch));
      expect(batch.held).toBe(batch.first < 38 ? 2 : 0);
      await again.acknowledge(batch);
    }
    expect(batches).toEqual([[7, 8, 9], [20], [38, 39, 40, 41, 42]]);
    await confirm(again, 42);
    expect(again.figures).toMatchObject({ held: 0, unconfirmed: 0, again: 0, lost: 0 });
  });

  it('reads again what was lost at the end, where the cloud sees no gap', async () => {
    const { spool } = await openTestSpool(new MemoryFiles(), KEPT);
    await append(spool, 1, 5);
    await sendAll(spool);
    await confirm(spool, 3, [4, 5]);
    expect(numbersOf(await spool.read(EVERYTHING))).toEqual([4, 5]);
  });

  it('leaves as it is what nothing is concluded of', async () => {
    const { spool } = await openTestSpool(new MemoryFiles(), KEPT);
    await append(spool, 1, 9);
    await sendAll(spool);
    const { stream } = spool.figures;
    await spool.confirm({ stream, through: 9, missing: [[3, 4]], undecided: [[4, 6]] });
    expect(spool.unconfirmed).toMatchObject([{ sent: [[4, 6]], last: 9 }]);
    expect(numbersOf(await spool.read(EVERYTHING))).toEqual([3]);
  });

  it('does not take for missing what was never sent', async () => {
    const { spool } = await openTestSpool(new MemoryFiles(), KEPT);
    await append(spool, 1, 4);
    await spool.acknowledge((await spool.read({ ...EVERYTHING, bytes: 2 }))!);
    await confirm(spool, 4, [3, 4]);
    expect(spool.figures).toMatchObject({ held: 2, unconfirmed: 0, again: 0 });
    expect(numbersOf(await spool.read(EVERYTHING))).toEqual([3, 4]);
  });

  it('tells a loss again until the cloud knows of it', async () => {
    const files = new MemoryFiles();
    const { spool } = await openTestSpool(files, KEPT);
    await append(spool, 1, 3);
    await spool.giveUp((await spool.read({ ...EVERYTHING, bytes: 1 }))!, 'refused');
    await sendAll(spool);
    expect(await spool.read(EVERYTHING)).toBeUndefined();
    await confirm(spool, 3, [1, 1]);
    expect(await spool.read(EVERYTHING)).toMatchObject({ readings: [], lost: [[1, 1]] });
    await sendAll(spool);
    await confirm(spool, 3);
    expect([spool.unconfirmed, spool.figures.lost]).toEqual([[], 1]);
  });

  it('gives back first what is sent when it is full, without calling it lost', async () => {
    const files = new MemoryFiles();
    const { spool, reports } = await openTestSpool(files, { ...KEPT, maxBytes: 1_000, unconfirmedBytes: 1_000 });
    await append(spool, 1, 20);
    await sendAll(spool);
    await append(spool, 21, 30);
    expect(spool.figures).toMatchObject({ held: 10, lost: 0 });
    expect(spool.figures.unconfirmed).toBeLessThan(20);
    expect(spool.figures.diskBytes).toBeLessThanOrEqual(1_000);
    expect(reports.filter(({ kind }) => kind === 'lost')).toEqual([]);
    expect(numbersOf(await spool.read(EVERYTHING))).toEqual([21, 22, 23, 24, 25, 26, 27, 28, 29, 30]);
  });

  it('does not turn readings away for the sake of what is sent', async () => {
    const options = { ...KEPT, maxBytes: 1_000, unconfirmedBytes: 1_000, policy: 'drop-newest' } as const;
    const { spool, clock } = await openTestSpool(new MemoryFiles(), options);
    await append(spool, 1, 20);
    await sendAll(spool);
    await clock.advance(5_000);
    await append(spool, 21, 30);
    expect(spool.figures).toMatchObject({ held: 10, lost: 0 });
  });

  it('keeps no more of what is sent than its own bound, and no longer', async () => {
    const files = new MemoryFiles();
    const { spool, clock } = await openTestSpool(files, { ...KEPT, unconfirmedBytes: 600, unconfirmedMs: 10_000 });
    await append(spool, 1, 60);
    await sendAll(spool);
    await clock.advance(5_000);
    await spool.flush();
    const afterBytes = segmentsOf(files);
    expect(afterBytes).toBeLessThanOrEqual(4);
    expect(afterBytes).toBeGreaterThan(1);
    await clock.advance(10_000);
    await append(spool, 61, 61);
    await sendAll(spool);
    await clock.advance(5_000);
    await spool.flush();
    expect(segmentsOf(files)).toBe(2); // the last, and the one that was the last
    expect(spool.figures.lost).toBe(0);
  });

  it('tells as lost what the cloud lacks and the disk no longer has', async () => {
    const { spool, reports } = await openTestSpool(new MemoryFiles(), { ...KEPT, maxBytes: 1_000 });
    await append(spool, 1, 20);
    await sendAll(spool);
    await append(spool, 21, 40);
    await confirm(spool, 20, [2, 3]);
    expect(await spool.read(EVERYTHING)).toMatchObject({ first: 21, lost: [[2, 3]] });
    expect(reports).toContainEqual(expect.objectContaining({ kind: 'lost', ranges: [[2, 3]], why: 'unconfirmed' }));
  });

  it('tells as lost what turns out to be damaged when it is read again', async () => {
    const files = new MemoryFiles();
    const { spool } = await openTestSpool(files, KEPT);
    await append(spool, 1, 20);
    await sendAll(spool);
    const segment = files.paths.find((path) => path.endsWith('.segment'))!;
    files.damage(segment, (data) => data.fill(0xa5, 28));
    await confirm(spool, 20, [1, 2]);
    expect(await spool.read(EVERYTHING)).toMatchObject({ readings: [], lost: [[1, 2]] });
  });

  it('reads a bounded number of ranges again, and the others after a further receipt', async () => {
    const { spool } = await openTestSpool(new MemoryFiles(), { ...KEPT, segmentBytes: 10_000 });
    await append(spool, 1, 300);
    await sendAll(spool);
    const every = Array.from({ length: 150 }, (_, index) => [2 * index + 1, 2 * index + 1] as const);
    await confirm(spool, 300, ...every);
    expect(spool.figures.again).toBe(64);
    const first = await sendAll(spool);
    await confirm(spool, 300, ...every.filter(([number]) => !first.values.get(spool.figures.stream)!.has(number)));
    expect(spool.figures.again).toBe(64);
  });

  it('frees everything when nobody waits for receipts any longer', async () => {
    const files = new MemoryFiles();
    const { spool } = await openTestSpool(files, KEPT);
    await append(spool, 1, 40);
    await sendAll(spool);
    await spool.close();
    const { spool: again } = await openTestSpool(files);
    expect([again.unconfirmed, await again.read(EVERYTHING)]).toEqual([[], undefined]);
    await again.close();
    expect(segmentsOf(files)).toBe(1);
  });

  it('keeps an old stream until it is confirmed', async () => {
    const files = new MemoryFiles();
    const { spool } = await openTestSpool(files, KEPT);
    await append(spool, 1, 3);
    await spool.close();
    files.damage(files.paths.find((path) => path.endsWith('/state'))!, (data) => data.fill(0xff));
    const { spool: next } = await openTestSpool(files, KEPT);
    const [old, young] = [spool.figures.stream, next.figures.stream];
    await append(next, 4, 4);
    await sendAll(next);
    expect(next.unconfirmed.map(({ stream }) => stream)).toEqual([old, young]);
    await next.confirm({ stream: old, through: 3, missing: [[2, 2]] });
    expect(await next.read(EVERYTHING)).toMatchObject({ stream: old, first: 2, readings: { length: 1 } });
    await sendAll(next);
    await next.confirm({ stream: old, through: 3, missing: [] });
    expect(await next.read(EVERYTHING)).toBeUndefined();
    expect(files.paths.filter((path) => path.includes(old))).toEqual([]);
  });
});

describe('a spool without receipts', () => {
  it('has nothing to confirm', async () => {
    const { spool } = await openTestSpool(new MemoryFiles());
    await append(spool, 1, 3);
    await sendAll(spool);
    expect(spool.unconfirmed).toEqual([]);
    await confirm(spool, 3);
    await spool.confirm({ stream: 'another', through: 9, missing: [[1, 9]] });
    expect(await spool.read(EVERYTHING)).toBeUndefined();
  });
});

import { count } from '@tashika/shared/sequence';
import { describe, expect, it } from 'vitest';
import type { Priority, Reading } from './reading.ts';
import type { Spool } from './spool.ts';
import { MemoryFiles } from './testing/memory-files.ts';
import { openTestSpool, reading } from './testing/open-spool.ts';
import { EVERYTHING, Receiver } from './testing/receiver.ts';

/** Room for some 60 readings of ten files. */
const SMALL = { maxBytes: 3_300, segmentBytes: 300, policy: 'thin-out' } as const;

async function append(spool: Spool, from: number, to: number, change: Partial<Reading> = {}): Promise<void> {
  for (let value = from; value <= to; value++) {
    void spool.append({ ...reading(value), ...change });
    await spool.flush();
  }
}

async function drained(spool: Spool, receiver = new Receiver()): Promise<Receiver> {
  await receiver.drain(spool);
  return receiver;
}

const valuesIn = (receiver: Receiver, spool: Spool) =>
  [...(receiver.values.get(spool.figures.stream)?.values() ?? [])] as number[];

describe('a full spool that thins out', () => {
  it('keeps every second of the old readings and all of the new ones, and tells one range a file', async () => {
    const { spool, reports } = await openTestSpool(new MemoryFiles(), SMALL);
    await append(spool, 1, 80);
    expect(spool.figures.diskBytes).toBeLessThanOrEqual(SMALL.maxBytes);
    const receiver = await drained(spool);
    const values = valuesIn(receiver, spool);
    expect(values.slice(0, 6)).toEqual([1, 3, 5, 7, 9, 11]);
    expect(values.slice(-20)).toEqual(Array.from({ length: 20 }, (_, index) => 61 + index));
    expect(receiver.missing(spool.figures.stream)).toEqual([]);
    expect(values.length + count(receiver.lost.get(spool.figures.stream)!)).toBe(80);
    const files = new Set(reports.flatMap((report) => (report.kind === 'lost' ? report.ranges.map(String) : [])));
    expect(receiver.lost.get(spool.figures.stream)!.length).toBeLessThanOrEqual(files.size);
    for (const report of reports) if (report.kind === 'lost') expect(report.ranges).toHaveLength(1);
  });

  it.each<[Priority, Priority]>([
    ['low', 'normal'],
    ['normal', 'high'],
  ])('thins out what is of %s priority before what is of %s', async (lower, higher) => {
    const { spool } = await openTestSpool(new MemoryFiles(), SMALL);
    for (let value = 1; value <= 80; value++)
      await append(spool, value, value, { priority: value % 2 === 0 ? lower : higher });
    const values = valuesIn(await drained(spool), spool);
    expect(values.filter((value) => value % 2 === 1)).toHaveLength(40);
    expect(values.length).toBeLessThan(80);
  });

  it('keeps something of every sensor, however seldom it measures', async () => {
    const { spool } = await openTestSpool(new MemoryFiles(), SMALL);
    await append(spool, 1, 1, { name: 'seldom' });
    await append(spool, 2, 120);
    const batch = (await spool.read(EVERYTHING))!;
    expect(batch.readings.filter(({ name }) => name === 'seldom')).toHaveLength(1);
  });

  it('thins out evenly, and gives up the oldest only when nothing is left to thin', async () => {
    const { spool, reports } = await openTestSpool(new MemoryFiles(), { ...SMALL, maxBytes: 6_000 });
    await append(spool, 1, 2_000);
    const reasons = reports.flatMap((report) => (report.kind === 'lost' ? [report.why] : []));
    expect(reasons.indexOf('spool-full')).toBeGreaterThan(20);
    const values = valuesIn(await drained(spool), spool);
    expect(values.at(-1)).toBe(2_000);
    expect(spool.figures.lost + values.length).toBe(2_000);
  });

  it('never numbers anew what was handed out, whatever became of it', async () => {
    const files = new MemoryFiles();
    const { spool } = await openTestSpool(files, SMALL);
    await append(spool, 1, 20);
    const receiver = new Receiver();
    receiver.take((await spool.read({ ...EVERYTHING, bytes: 9 }))!); // sent, and the answer never came
    const { spool: again } = await openTestSpool(files.afterPowerCut('keeps-none'), SMALL);
    await append(again, 21, 120);
    await drained(again, receiver);
    expect(receiver.contradictions).toEqual([]);
    expect(receiver.missing(spool.figures.stream)).toEqual([]);
    expect(count(receiver.lost.get(spool.figures.stream)!)).toBeGreaterThan(0);
  });

  it('leaves alone what an agent wrote that kept no account of what it handed out', async () => {
    const files = new MemoryFiles();
    const { spool } = await openTestSpool(files, { ...SMALL, policy: 'drop-oldest' });
    await append(spool, 1, 20);
    const receiver = new Receiver();
    receiver.take((await spool.read(EVERYTHING))!);
    const { spool: again, reports } = await openTestSpool(files.afterKill(), SMALL);
    await append(again, 21, 400);
    await drained(again, receiver);
    expect(receiver.contradictions).toEqual([]);
    expect(reports).toContainEqual(expect.objectContaining({ kind: 'lost', why: 'spool-full' }));
    expect(reports).toContainEqual(expect.objectContaining({ kind: 'lost', why: 'thinned-out' }));
  });

  it('hands out nothing while it can not note that it does', async () => {
    const files = new MemoryFiles();
    const { spool } = await openTestSpool(files, SMALL);
    await append(spool, 1, 20);
    files.failsWith = 'EROFS';
    await expect(spool.read(EVERYTHING)).rejects.toMatchObject({ code: 'EROFS' });
    files.failsWith = undefined;
    expect(await spool.read(EVERYTHING)).toMatchObject({ first: 1, readings: { length: 20 } });
  });

  it('gives up the oldest file where the disk itself has no room to rewrite one', async () => {
    const files = new MemoryFiles();
    const { spool, reports } = await openTestSpool(files, { ...SMALL, memoryBytes: 4_096 });
    await append(spool, 1, 40);
    files.capacity = files.usedBytes + 40;
    for (let value = 41; value <= 120; value++) void spool.append(reading(value));
    await spool.flush();
    const receiver = await drained(spool);
    expect([receiver.has(120), receiver.missing(spool.figures.stream)]).toEqual([true, []]);
    expect(reports).toContainEqual(expect.objectContaining({ kind: 'lost', why: 'spool-full' }));
    expect(files.paths.filter((path) => path.endsWith('.thinned'))).toEqual([]);
  });

  it('removes what a crash left of a rewrite', async () => {
    const files = new MemoryFiles();
    const { spool } = await openTestSpool(files, SMALL);
    await append(spool, 1, 20);
    await spool.close();
    const segment = files.paths.find((path) => path.endsWith('.segment'))!;
    await files.create(`${segment}.thinned`);
    const { spool: again } = await openTestSpool(files, SMALL);
    expect(files.paths.filter((path) => path.endsWith('.thinned'))).toEqual([]);
    expect(again.figures.held).toBe(20);
  });

  it('writes its note once a file, not once a batch', async () => {
    const files = new MemoryFiles();
    const { spool } = await openTestSpool(files, { ...SMALL, segmentBytes: 10_000, maxBytes: 50_000 });
    let writes = 0;
    for (let value = 1; value <= 10; value++) {
      await append(spool, value, value);
      const before = files.steps;
      const batch = (await spool.read(EVERYTHING))!;
      if (files.steps > before) writes++;
      await spool.acknowledge(batch);
    }
    expect(writes).toBe(1);
  });
});

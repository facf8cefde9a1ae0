import { describe, expect, it } from 'vitest';
import type { Batch } from './batch.ts';
import type { Fate } from './group.ts';
import { MAX_TEXT_BYTES } from './reading.ts';
import type { Spool } from './spool.ts';
import { MemoryFiles } from './testing/memory-files.ts';
import { BOOT, NEXT_BOOT, openTestSpool, reading } from './testing/open-spool.ts';
import { EVERYTHING, Receiver } from './testing/receiver.ts';

/** Readings with the values `from` to `to`, each forced onto the disk by itself, so that segments fill up. */
async function append(spool: Spool, from: number, to: number): Promise<Fate[]> {
  const fates: Fate[] = [];
  for (let value = from; value <= to; value++) {
    const fate = spool.append(reading(value));
    await spool.flush();
    fates.push(await fate);
  }
  return fates;
}

const valuesOf = (batch: Batch | undefined) => batch?.readings.map(({ value }) => value);
const numbersOf = (batch: Batch | undefined) => batch?.readings.map(({ sequence }) => sequence);
const segmentsOf = (files: MemoryFiles) => files.paths.filter((path) => /^\d.*\.segment$/.test(path));

describe('a spool', () => {
  it('numbers readings from 1, on across restarts, in one stream', async () => {
    const files = new MemoryFiles();
    const first = await openTestSpool(files);
    await append(first.spool, 1, 3);
    await first.spool.close();
    const second = await openTestSpool(files, { bootId: NEXT_BOOT });
    await append(second.spool, 4, 5);
    const batch = await second.spool.read(EVERYTHING);
    expect(numbersOf(batch)).toEqual([1, 2, 3, 4, 5]);
    expect(batch).toMatchObject({ stream: first.spool.figures.stream, first: 1, held: 0, lost: [], full: false });
    expect(batch?.readings.map(({ bootId }) => bootId)).toEqual([BOOT, BOOT, BOOT, NEXT_BOOT, NEXT_BOOT]);
  });

  it('gives back exactly what was taken in', async () => {
    const { spool } = await openTestSpool(new MemoryFiles());
    const readings = [
      { name: 'gpio/door', unit: '', value: true, monotonicMs: 0.125, wallMs: 1_653_891_795_421, synced: true },
      { name: 'temp', unit: 'Cel', value: -1.5e-7, monotonicMs: 9e9, wallMs: -5, synced: false },
      { name: 'nmea/text', unit: '', value: '北海道 ☃', monotonicMs: 3, wallMs: 4, synced: false },
      { name: 'off', unit: '%RH', value: false, monotonicMs: 3, wallMs: 4, synced: true },
    ];
    for (const each of readings) void spool.append(each);
    await spool.flush();
    const batch = await spool.read(EVERYTHING);
    expect(batch?.readings).toEqual(readings.map((each, index) => ({ ...each, sequence: index + 1, bootId: BOOT })));
  });

  it('forces the disk after fsyncMs, or sooner when enough readings wait', async () => {
    const { spool, clock } = await openTestSpool(new MemoryFiles(), { fsyncMs: 100, fsyncReadings: 3 });
    let fate: Fate | undefined;
    void spool.append(reading(1)).then((settled) => {
      fate = settled;
    });
    await clock.advance(99);
    expect([fate, await spool.read(EVERYTHING)]).toEqual([undefined, undefined]);
    const changed = spool.changed;
    await clock.advance(1);
    await changed;
    expect([fate, valuesOf(await spool.read(EVERYTHING))]).toEqual(['durable', [1]]);
    const fates = [2, 3, 4].map((value) => spool.append(reading(value)));
    expect(await Promise.all(fates)).toEqual(['durable', 'durable', 'durable']);
  });

  it('hands out the same batch until it is acknowledged, and cuts it where the reader says', async () => {
    const { spool } = await openTestSpool(new MemoryFiles());
    await append(spool, 1, 6);
    const limit = { ...EVERYTHING, bytes: 4, together: (_: unknown, next: { value: unknown }) => next.value !== 3 };
    const batch = await spool.read(limit);
    expect([valuesOf(batch), batch?.held, batch?.full]).toEqual([[1, 2], 4, true]);
    expect(await spool.read(limit)).toEqual(batch);
    await spool.acknowledge(batch!);
    expect(valuesOf(await spool.read(limit))).toEqual([3, 4, 5, 6]);
  });

  it('forgets nothing that was acknowledged, and gives its space back', async () => {
    const files = new MemoryFiles();
    const { spool, clock } = await openTestSpool(files);
    await append(spool, 1, 40);
    const before = segmentsOf(files).length;
    const receiver = new Receiver();
    await receiver.drain(spool);
    await clock.advance(5_000);
    await spool.flush();
    expect([before > 4, segmentsOf(files).length]).toEqual([true, 1]);
    const again = await openTestSpool(files.afterKill());
    expect(await again.spool.read(EVERYTHING)).toBeUndefined();
    await append(again.spool, 41, 41);
    expect(numbersOf(await again.spool.read(EVERYTHING))).toEqual([41]);
  });

  it('takes no more when it is closed', async () => {
    const { spool } = await openTestSpool(new MemoryFiles());
    await spool.close();
    expect(() => spool.append(reading(1))).toThrowError(expect.objectContaining({ code: 'SPOOL_CLOSED' }));
  });

  it('opens a large backlog by reading its last segment alone', async () => {
    const files = new MemoryFiles();
    const { spool } = await openTestSpool(files, { segmentBytes: 4_096, memoryBytes: 2_000_000, maxBytes: 2_000_000 });
    for (let value = 1; value <= 20_000; value++) void spool.append(reading(value));
    await spool.close();
    const backlog = files.afterKill();
    const again = await openTestSpool(backlog, { segmentBytes: 4_096 });
    expect(again.spool.figures.held).toBe(20_000);
    expect(backlog.bytesRead).toBeLessThan(200_000);
    expect(backlog.usedBytes).toBeGreaterThan(800_000);
  });
});

describe('a spool that is full', () => {
  const SMALL = { maxBytes: 1_000, segmentBytes: 250 };

  it('gives up the oldest readings and tells which, until that is acknowledged', async () => {
    const files = new MemoryFiles();
    const { spool, reports } = await openTestSpool(files, SMALL);
    await append(spool, 1, 60);
    expect(spool.figures.diskBytes).toBeLessThanOrEqual(1_000);
    const batch = (await spool.read(EVERYTHING))!;
    const [[, lastLost]] = batch.lost as [[number, number]];
    expect(batch).toMatchObject({ lost: [[1, lastLost]], first: lastLost + 1, held: 0 });
    expect(valuesOf(batch)?.at(-1)).toBe(60);
    expect(reports).toContainEqual(expect.objectContaining({ kind: 'lost', why: 'spool-full' }));

    const restarted = (await openTestSpool(files.afterKill(), SMALL)).spool;
    const told = (await restarted.read(EVERYTHING))!;
    expect(told.lost).toEqual(batch.lost);
    await restarted.acknowledge(told);
    await append(restarted, 61, 61);
    expect(await restarted.read(EVERYTHING)).toMatchObject({ first: 61, lost: [] });
  });

  it('can refuse the newest instead, and numbers them all the same', async () => {
    const { spool } = await openTestSpool(new MemoryFiles(), { ...SMALL, policy: 'drop-newest' });
    const fates = await append(spool, 1, 60);
    const kept = fates.filter((fate) => fate === 'durable').length;
    expect(spool.figures.diskBytes).toBeLessThanOrEqual(1_000);
    expect(fates.slice(kept).every((fate) => fate === 'lost')).toBe(true);
    const batch = (await spool.read(EVERYTHING))!;
    expect([valuesOf(batch)?.length, batch.lost, batch.held]).toEqual([kept, [[kept + 1, 60]], 0]);
    await spool.acknowledge(batch);
    await spool.flush();
    expect(spool.figures.held).toBe(0);
  });

  it('has room again once readings are acknowledged', async () => {
    const { spool, clock } = await openTestSpool(new MemoryFiles(), { ...SMALL, policy: 'drop-newest' });
    await append(spool, 1, 60);
    const receiver = new Receiver();
    await receiver.drain(spool);
    await clock.advance(5_000);
    expect(await append(spool, 61, 62)).toEqual(['durable', 'durable']);
    await receiver.drain(spool);
    expect(receiver.has(62)).toBe(true);
    expect(receiver.missing(spool.figures.stream)).toEqual([]);
  });

  it('does not call readings lost that are on their way while their file is dropped', async () => {
    const { spool } = await openTestSpool(new MemoryFiles(), SMALL);
    await append(spool, 1, 15);
    const inFlight = (await spool.read({ ...EVERYTHING, bytes: 4 }))!;
    await append(spool, 16, 60);
    await spool.acknowledge(inFlight);
    const next = (await spool.read(EVERYTHING))!;
    expect(next.lost[0]?.[0]).toBe(5);
    expect(next.first).toBe(next.lost[0]![1] + 1);
  });
});

describe('a spool on a disk that takes nothing', () => {
  it('goes on in memory, says so, and writes it all down when there is room again', async () => {
    const files = new MemoryFiles();
    const { spool, clock, reports } = await openTestSpool(files);
    await append(spool, 1, 5);
    files.capacity = files.usedBytes + 20;
    const fates = [6, 7, 8].map((value) => spool.append(reading(value)));
    await spool.flush();
    expect(await Promise.all(fates)).toEqual(['memory', 'memory', 'memory']);
    expect(reports.at(-1)).toMatchObject({ kind: 'disk-refuses', error: { code: 'ENOSPC' } });
    expect(spool.figures.diskRefuses).toBe(true);

    files.capacity = Number.POSITIVE_INFINITY;
    const recovered = spool.changed;
    await clock.advance(1_000);
    await recovered;
    expect(reports.at(-1)).toEqual({ kind: 'disk-recovered' });
    const again = await openTestSpool(files.afterPowerCut('keeps-none'));
    expect(valuesOf(await again.spool.read(EVERYTHING))).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('still sends, and uses no number twice when it is killed then', async () => {
    const files = new MemoryFiles();
    const { spool } = await openTestSpool(files);
    const receiver = new Receiver();
    await append(spool, 1, 2);
    files.capacity = files.usedBytes;
    expect(await append(spool, 3, 4)).toEqual(['memory', 'memory']);
    await receiver.drain(spool);
    expect(receiver.has(4)).toBe(true);
    expect(await append(spool, 5, 6)).toEqual(['memory', 'memory']);
    receiver.take((await spool.read({ ...EVERYTHING, bytes: 1 }))!);

    const left = files.afterKill();
    const again = await openTestSpool(left);
    await append(again.spool, 7, 8);
    await receiver.drain(again.spool);
    expect(receiver.contradictions).toEqual([]);
    expect([receiver.has(7), receiver.has(8)]).toEqual([true, true]);
    expect(receiver.values.size).toBe(1);
    expect(receiver.missing(spool.figures.stream)).toEqual([]);
    expect(receiver.lost.get(spool.figures.stream)).toContainEqual([5, 6]);
  });

  it('goes on with its numbers after readings that were sent from memory and never written', async () => {
    const files = new MemoryFiles();
    const { spool, clock, reports } = await openTestSpool(files);
    const receiver = new Receiver();
    files.capacity = files.usedBytes;
    await append(spool, 1, 3);
    await receiver.drain(spool);
    files.capacity = Number.POSITIVE_INFINITY;
    const recovered = spool.changed;
    await clock.advance(1_000);
    await recovered;
    expect(reports.at(-1)).toEqual({ kind: 'disk-recovered' });
    const again = await openTestSpool(files.afterKill());
    await append(again.spool, 4, 4);
    await receiver.drain(again.spool);
    expect(receiver.contradictions).toEqual([]);
    expect([...receiver.values.get(spool.figures.stream)!.keys()]).toEqual([1, 2, 3, 4]);
  });

  it.each(['drop-oldest', 'drop-newest'] as const)(
    'keeps memory bounded (%s) and tells what that cost',
    async (policy) => {
      const files = new MemoryFiles();
      const { spool, clock } = await openTestSpool(files, { memoryBytes: 4_096, policy });
      await append(spool, 1, 1);
      files.failsWith = 'EROFS';
      for (let value = 2; value <= 2_000; value++) {
        void spool.append(reading(value));
        expect(spool.figures.memoryBytes).toBeLessThanOrEqual(4_096);
      }
      await spool.flush();
      files.failsWith = undefined;
      const recovered = spool.changed;
      await clock.advance(1_000);
      await recovered;
      const receiver = new Receiver();
      await receiver.drain(spool);
      const { stream, lost } = spool.figures;
      expect(receiver.missing(stream)).toEqual([]);
      expect(lost).toBeGreaterThan(1_500);
      expect(receiver.values.get(stream)!.size + lost).toBe(2_000);
      expect(receiver.has(policy === 'drop-oldest' ? 2_000 : 2)).toBe(true);
    },
  );

  it('tells no loss that a kill would make it forget, and tells it when the disk takes it', async () => {
    const files = new MemoryFiles();
    const { spool, clock } = await openTestSpool(files, { memoryBytes: 4_096 });
    const receiver = new Receiver();
    await append(spool, 1, 10);
    await receiver.drain(spool);
    await clock.advance(5_000);
    await spool.flush();
    files.failsWith = 'EROFS';
    for (let value = 11; value <= 300; value++) void spool.append(reading(value));
    await clock.advance(3_000);
    expect(spool.figures.lost).toBeGreaterThan(100);
    expect(await spool.read(EVERYTHING)).toBeUndefined();

    const { spool: restarted } = await openTestSpool(files.afterKill());
    await append(restarted, 301, 301);
    await receiver.drain(restarted);
    expect(receiver.contradictions).toEqual([]);
    expect([...receiver.lost.values()].flat()).toEqual([]);
    expect(receiver.values.get(spool.figures.stream)?.get(11)).toBe(301);

    files.failsWith = undefined;
    const recovered = spool.changed;
    await clock.advance(1_000);
    await recovered;
    expect((await spool.read(EVERYTHING))?.lost[0]?.[0]).toBe(11);
  });

  it('hands out the readings that are durable without the losses that are not', async () => {
    const files = new MemoryFiles();
    const { spool, clock } = await openTestSpool(files);
    await append(spool, 1, 3);
    const first = (await spool.read({ ...EVERYTHING, bytes: 1 }))!;
    files.failsWith = 'EROFS';
    await spool.giveUp(first, 'refused');
    expect(await spool.read(EVERYTHING)).toMatchObject({ first: 2, lost: [] });
    files.failsWith = undefined;
    const recovered = spool.changed;
    await clock.advance(1_000);
    await recovered;
    expect(await spool.read(EVERYTHING)).toMatchObject({ first: 2, lost: [[1, 1]] });
  });

  it.each(['drop-oldest', 'drop-newest'] as const)(
    'has room for the longest text in the least memory that is configured (%s)',
    async (policy) => {
      const files = new MemoryFiles();
      const { spool } = await openTestSpool(files, { memoryBytes: 65_536, policy });
      files.capacity = files.usedBytes;
      expect(await append(spool, 1, 1)).toEqual(['memory']);
      const long = spool.append(reading('x'.repeat(MAX_TEXT_BYTES)));
      await spool.flush();
      expect(await long).toBe('memory');
    },
  );

  it('gives up its own oldest files before the newest readings', async () => {
    const files = new MemoryFiles();
    const { spool } = await openTestSpool(files, { memoryBytes: 4_096 });
    await append(spool, 1, 40);
    files.capacity = files.usedBytes;
    for (let value = 41; value <= 120; value++) void spool.append(reading(value));
    await spool.flush();
    const receiver = new Receiver();
    await receiver.drain(spool);
    expect([receiver.has(120), receiver.has(41)]).toEqual([true, true]);
    expect(receiver.lost.get(spool.figures.stream)?.[0]?.[0]).toBe(1);
    expect(receiver.missing(spool.figures.stream)).toEqual([]);
  });
});

describe('a spool whose files are damaged', () => {
  const isStream = (why: string) => expect.objectContaining({ kind: 'new-stream', why });

  async function spoolOf(count: number) {
    const files = new MemoryFiles();
    const { spool } = await openTestSpool(files);
    await append(spool, 1, count);
    await spool.close();
    return { files, stream: spool.figures.stream, segments: segmentsOf(files) };
  }

  it('loses the one damaged reading, tells it, and sets the file aside', async () => {
    const { files, segments } = await spoolOf(20);
    files.damage(segments[1]!, (data) => {
      data[60]! ^= 0x10;
      return data;
    });
    const { spool, clock, reports } = await openTestSpool(files);
    const receiver = new Receiver();
    await receiver.drain(spool);
    const stream = spool.figures.stream;
    expect(reports).toContainEqual(expect.objectContaining({ kind: 'segment-corrupt', file: segments[1] }));
    expect(receiver.missing(stream)).toEqual([]);
    const damaged = Number(segments[1]!.slice(-24, -8));
    expect(receiver.lost.get(stream)).toEqual([[damaged, damaged]]);
    expect(receiver.values.get(stream)!.size).toBe(19);
    await clock.advance(5_000);
    await spool.flush();
    expect(files.paths.filter((path) => path.startsWith('set-aside/'))).toHaveLength(1);
    expect(files.paths).not.toContain(segments[1]);
  });

  it('loses the range of a segment that is rubbish throughout, and the rest goes on', async () => {
    const { files, stream, segments } = await spoolOf(20);
    const [first, second, third] = segments.map((path) => Number(path.slice(-24, -8)));
    files.damage(segments[1]!, (data) => data.fill(0xa5));
    const { spool } = await openTestSpool(files);
    const receiver = new Receiver();
    await receiver.drain(spool);
    expect(first).toBe(1);
    expect(receiver.lost.get(stream)).toEqual([[second, third! - 1]]);
    expect(receiver.missing(stream)).toEqual([]);
    expect(receiver.has(20)).toBe(true);
  });

  it('tells the range of a segment that somebody removed', async () => {
    const { files, stream, segments } = await spoolOf(20);
    files.erase(segments[0]!);
    const { spool } = await openTestSpool(files);
    const receiver = new Receiver();
    await receiver.drain(spool);
    expect(receiver.lost.get(stream)?.[0]?.[0]).toBe(1);
    expect(receiver.missing(stream)).toEqual([]);
  });

  it('makes room for readings by deleting what is set aside, and says so', async () => {
    const { files, segments } = await spoolOf(40);
    for (const segment of segments.slice(0, 3)) files.damage(segment, (data) => data.fill(0xa5));
    const { spool, clock, reports } = await openTestSpool(files, { maxBytes: 1_000 });
    const receiver = new Receiver();
    await receiver.drain(spool);
    await clock.advance(5_000);
    await append(spool, 41, 70);
    expect(reports.map(({ kind }) => kind)).toContain('set-aside-removed');
    expect(spool.figures.diskBytes).toBeLessThanOrEqual(1_000);
  });

  it('goes on making room when somebody has removed what was set aside', async () => {
    const { files, segments } = await spoolOf(40);
    for (const segment of segments.slice(0, 3)) files.damage(segment, (data) => data.fill(0xa5));
    const { spool, clock, reports } = await openTestSpool(files, { maxBytes: 1_000 });
    await new Receiver().drain(spool);
    await clock.advance(5_000);
    const setAside = files.paths.filter((path) => path.startsWith('set-aside/'));
    expect(setAside).toHaveLength(3);
    for (const path of setAside) files.erase(path);
    expect(new Set(await append(spool, 41, 70))).toEqual(new Set(['durable']));
    expect(reports.map(({ kind }) => kind)).not.toContain('disk-refuses');
    expect(spool.figures.diskBytes).toBeLessThanOrEqual(1_000);
  });

  it('cuts a torn tail off once, and goes on in the same stream', async () => {
    const { files, stream, segments } = await spoolOf(20);
    const whole = files.contentOf(segments.at(-1)!).length;
    files.damage(segments.at(-1)!, (data) => Buffer.concat([data, Buffer.alloc(1_000, 0x5a)]));
    const { spool, reports } = await openTestSpool(files);
    expect(reports).toEqual([{ kind: 'torn-tail', file: segments.at(-1), bytes: 1_000 }]);
    expect(files.contentOf(segments.at(-1)!)).toHaveLength(whole);
    expect(spool.figures).toMatchObject({ stream, held: 20 });
  });

  it('notices a missing end after its disk refused and recovered, too', async () => {
    const files = new MemoryFiles();
    const { spool, clock } = await openTestSpool(files);
    await append(spool, 1, 2);
    files.failsWith = 'EIO';
    void spool.append(reading(3));
    await spool.flush();
    files.failsWith = undefined;
    const recovered = spool.changed;
    await clock.advance(1_000);
    await recovered;
    await append(spool, 4, 6);
    await spool.close();
    files.damage(segmentsOf(files).at(-1)!, (data) => data.subarray(0, data.length - 1));
    const { reports } = await openTestSpool(files);
    expect(reports).toContainEqual(isStream('tail-missing'));
  });

  it('begins a new stream when readings that were durable are missing at its end, and still sends the old one', async () => {
    const { files, stream, segments } = await spoolOf(20);
    files.damage(segments.at(-1)!, (data) => data.subarray(0, data.length - 10));
    const { spool, reports } = await openTestSpool(files);
    expect(reports).toContainEqual(isStream('tail-missing'));
    await append(spool, 21, 22);
    const receiver = new Receiver();
    await receiver.drain(spool);
    expect(receiver.lost.get(stream)).toEqual([[20, 20]]);
    expect(receiver.missing(stream)).toEqual([]);
    expect([...receiver.values.get(spool.figures.stream)!]).toEqual([
      [1, 21],
      [2, 22],
    ]);
    expect(receiver.values.size).toBe(2);
    expect(files.paths.filter((path) => path.includes(stream) && !path.startsWith('set-aside'))).toEqual([]);
  });

  it('begins a new stream when its state is rubbish, and sends what it has under the old one', async () => {
    const { files, stream } = await spoolOf(20);
    files.damage(files.paths.find((path) => path.endsWith('/state'))!, (data) => data.fill(0xff));
    const { spool, reports } = await openTestSpool(files);
    expect(reports).toContainEqual(isStream('state-corrupt'));
    await append(spool, 21, 21);
    const receiver = new Receiver();
    await receiver.drain(spool);
    expect(receiver.values.get(stream)!.size).toBe(20);
    expect([...receiver.values.get(spool.figures.stream)!]).toEqual([[1, 21]]);
  });

  it('begins a new stream every time it must, and never mixes them in a batch', async () => {
    const { files } = await spoolOf(3);
    for (let round = 0; round < 2; round++) {
      const state = files.paths.filter((path) => path.endsWith('/state')).at(-1)!;
      files.damage(state, (data) => data.fill(0));
      const { spool } = await openTestSpool(files);
      await append(spool, 10 + round, 10 + round);
      await spool.close();
    }
    const { spool } = await openTestSpool(files);
    const batches: (readonly unknown[])[] = [];
    for (let batch = await spool.read(EVERYTHING); batch; batch = await spool.read(EVERYTHING)) {
      batches.push(valuesOf(batch)!);
      await spool.acknowledge(batch);
    }
    expect(batches).toEqual([[1, 2, 3], [10], [11]]);
  });
});

describe('a spool that can not be read', () => {
  it.each(['EMFILE', 'ENOMEM', 'EIO'])('gives nothing up for one %s, and reads on later', async (code) => {
    const files = new MemoryFiles();
    const { spool, reports } = await openTestSpool(files);
    await append(spool, 1, 20);
    const reported = reports.length;
    let faults = 1;
    files.readFault = (path) => (path.endsWith('.segment') && faults-- > 0 ? code : undefined);
    await expect(spool.read(EVERYTHING)).rejects.toMatchObject({ code });
    expect(await spool.read(EVERYTHING)).toMatchObject({ first: 1, readings: { length: 20 }, lost: [] });
    expect(reports.slice(reported)).toEqual([]);
  });

  it('hands out what comes before the trouble', async () => {
    const files = new MemoryFiles();
    const { spool } = await openTestSpool(files);
    await append(spool, 1, 20);
    const second = segmentsOf(files)[1]!;
    files.readFault = (path) => (path === second ? 'EACCES' : undefined);
    const batch = (await spool.read(EVERYTHING))!;
    expect(batch).toMatchObject({ first: 1, lost: [], full: true });
    await spool.acknowledge(batch);
    await expect(spool.read(EVERYTHING)).rejects.toMatchObject({ code: 'EACCES' });
    files.readFault = () => undefined;
    expect((await spool.read(EVERYTHING))?.readings.at(-1)?.value).toBe(20);
  });

  it('gives up the readings of a page that stays unreadable, and no others', async () => {
    const files = new MemoryFiles();
    const { spool } = await openTestSpool(files, { segmentBytes: 200_000, memoryBytes: 1_000_000 });
    for (let value = 1; value <= 3_000; value++) void spool.append(reading(value));
    await spool.flush();
    const bad = 40_960;
    files.readFault = (_path, position, length) => (position <= bad && bad < position + length ? 'EIO' : undefined);
    const receiver = new Receiver();
    await receiver.drain(spool);
    const { lost } = spool.figures;
    expect(lost).toBeGreaterThan(50);
    expect(lost).toBeLessThan(120);
    expect(receiver.lost.get(spool.figures.stream)).toHaveLength(1);
    expect(receiver.has(3_000)).toBe(true);
  });
});

describe('a spool that can not remove a stream that is done with', () => {
  /** An old stream of three readings with damaged state, and room for a new one. */
  async function spoolWithOldStream() {
    const files = new MemoryFiles();
    const { spool } = await openTestSpool(files);
    await append(spool, 1, 3);
    await spool.close();
    const state = files.paths.find((path) => path.endsWith('/state'))!;
    files.damage(state, (data) => data.fill(0xff));
    return { files, state, old: state.replace('/state', '') };
  }

  it('leaves a folder with the files of others in place, and goes on with the next stream, now and later', async () => {
    const { files, state, old } = await spoolWithOldStream();
    await files.create(`${state}.bak`);
    const { spool, reports } = await openTestSpool(files);
    const left = expect.objectContaining({ kind: 'folder-left', folder: old, error: expect.anything() });
    await append(spool, 4, 4);
    const receiver = new Receiver();
    await receiver.drain(spool);
    expect([receiver.has(3), receiver.has(4)]).toEqual([true, true]);
    expect(reports.filter(({ kind }) => kind === 'folder-left')).toEqual([left]);
    expect(files.paths.filter((path) => path.startsWith(old))).toEqual([`${state}.bak`]);
    await spool.close();

    const again = await openTestSpool(files);
    expect(again.reports).toEqual([left]);
    await append(again.spool, 5, 5);
    expect(await again.spool.read(EVERYTHING)).toMatchObject({ stream: spool.figures.stream, first: 2 });
  });

  it('goes on with the next stream while the disk refuses, says so once, and removes it later', async () => {
    const { files, old } = await spoolWithOldStream();
    const { spool, reports } = await openTestSpool(files);
    await append(spool, 4, 5);
    const receiver = new Receiver();
    files.refusesRemoval = 'EIO';
    await receiver.drain(spool, { ...EVERYTHING, bytes: 1 });
    expect(await spool.read(EVERYTHING)).toBeUndefined();
    expect([receiver.has(3), receiver.has(5)]).toEqual([true, true]);
    expect(reports.filter(({ kind }) => kind === 'folder-left')).toHaveLength(1);
    files.refusesRemoval = undefined;
    expect(await spool.read(EVERYTHING)).toBeUndefined();
    expect(files.paths.filter((path) => path.startsWith(old))).toEqual([]);
    await spool.close();
  });
});

describe('a reading that is refused by the link', () => {
  it('is lost and told with the next batch', async () => {
    const files = new MemoryFiles();
    const { spool } = await openTestSpool(files);
    await append(spool, 1, 3);
    const batch = (await spool.read({ ...EVERYTHING, bytes: 1 }))!;
    await spool.giveUp(batch, 'refused');
    const { spool: again } = await openTestSpool(files.afterPowerCut('keeps-none'));
    expect(await again.read(EVERYTHING)).toMatchObject({ first: 2, lost: [[1, 1]] });
  });

  it('is told even if no reading follows', async () => {
    const { spool } = await openTestSpool(new MemoryFiles());
    await append(spool, 1, 1);
    await spool.giveUp((await spool.read(EVERYTHING))!, 'refused');
    const batch = (await spool.read(EVERYTHING))!;
    expect(batch).toMatchObject({ first: 2, readings: [], lost: [[1, 1]], held: 0 });
    await spool.acknowledge(batch);
    expect(await spool.read(EVERYTHING)).toBeUndefined();
  });
});

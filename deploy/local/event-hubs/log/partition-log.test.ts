import { copyFile, mkdir, readdir, readFile, truncate, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isTashikaError } from '@tashika/shared/errors';
import { TestClock } from '@tashika/shared/time';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryDirectory } from '../rig.ts';
import { type EventPlace, type NewEvent, openSegmentFile, PartitionLog, type PartitionLogOptions } from './index.ts';

const START = Date.UTC(2026, 0, 1);
const HOUR_MS = 3_600_000;

function event(text: string): NewEvent {
  return { partitionKey: undefined, annotations: Buffer.alloc(0), annotationPairs: 0, bare: Buffer.from(text) };
}

/** The text of an event: what follows the annotations. */
function textOf(wire: Buffer): string {
  return wire.toString('latin1', 4 + 4 + wire.readUInt32BE(4));
}

interface Found extends EventPlace {
  readonly text: string;
}

async function open(options: Partial<PartitionLogOptions> & { directory: string }) {
  const opened = await PartitionLog.open({
    retention: { maxAgeMs: HOUR_MS, maxBytes: 2 ** 30 },
    clock: new TestClock(START),
    ...options,
  });
  onTestFinished(() => opened.log.close());
  return opened;
}

async function readAll(log: PartitionLog, from = log.begin): Promise<Found[]> {
  const found: Found[] = [];
  for (let offset = from; ; ) {
    const run = await log.read(offset);
    if (!run) return found;
    for (const { sequenceNumber, offset: at, enqueuedTime, wire } of run.records) {
      found.push({ sequenceNumber, offset: at, enqueuedTime, text: textOf(wire) });
    }
    offset = run.next;
  }
}

async function segmentsOf(directory: string): Promise<string[]> {
  return (await readdir(directory)).sort().map((name) => join(directory, name));
}

/** A closed log of single events, and what it held. */
async function written(texts: readonly string[], options: Partial<PartitionLogOptions> = {}) {
  const directory = await temporaryDirectory();
  const { log } = await open({ directory, ...options });
  for (const text of texts) await log.append([event(text)]);
  const before = await readAll(log);
  await log.close();
  return { directory, before };
}

const numbers = (found: readonly Found[]) => found.map((each) => each.sequenceNumber);

describe('a log that is opened again', () => {
  it('holds every event at its place, and goes on counting', async () => {
    const { directory, before } = await written(['a', 'b', 'c']);

    const { log, recovery } = await open({ directory });

    expect(recovery).toEqual({ events: 3, beginSequenceNumber: 0, nextSequenceNumber: 3, damage: [] });
    expect(await readAll(log)).toEqual(before);
    const { end } = log;
    const place = await log.append([event('d')]);
    expect(place).toMatchObject({ sequenceNumber: 3, offset: end });
    expect(log.lastEnqueued).toEqual(place);
  });

  it('holds a log of many segments', async () => {
    const texts = Array.from({ length: 500 }, (_, index) => `event ${index} ${'x'.repeat(index % 97)}`);
    const { directory, before } = await written(texts, { segmentBytes: 4096 });
    expect((await segmentsOf(directory)).length).toBeGreaterThan(10);

    const { log } = await open({ directory });

    const after = await readAll(log);
    expect(after).toEqual(before);
    expect(after.map((each) => each.text)).toEqual(texts);
  });

  it('holds events larger than a piece that is read at once', async () => {
    const texts = ['small', 'L'.repeat(1_000_000), 'small again'];
    const { directory, before } = await written(texts);
    const { log } = await open({ directory });
    expect(await readAll(log)).toEqual(before);
  });

  it('ignores files that are no segments', async () => {
    const { directory, before } = await written(['a']);
    await writeFile(join(directory, 'notes.txt'), 'mine');
    const { log } = await open({ directory });
    expect(await readAll(log)).toEqual(before);
  });
});

describe('a torn tail', () => {
  it('is cut wherever in the last record the write broke off; all before it stays', async () => {
    const { directory, before } = await written(['one', 'two', 'the last, which was never acknowledged']);
    const [path] = await segmentsOf(directory);
    const whole = await readFile(path!);
    const lastAt = before[2]!.offset;
    for (let size = lastAt + 1; size < whole.length; size += 1) {
      await writeFile(path!, whole.subarray(0, size));
      const { log, recovery } = await open({ directory });
      expect(recovery).toMatchObject({ events: 2, nextSequenceNumber: 2, damage: [] });
      expect(recovery.tornTail).toEqual({ file: path, offset: lastAt, bytes: size - lastAt });
      expect(await readAll(log)).toEqual(before.slice(0, 2));
      expect(await log.append([event('next')])).toMatchObject({ sequenceNumber: 2, offset: lastAt });
      await log.close();
    }
  });

  it('is cut where a power cut left zeros or rubbish', async () => {
    const { directory, before } = await written(['one', 'two']);
    const [path] = await segmentsOf(directory);
    const whole = await readFile(path!);
    for (const rubbish of [Buffer.alloc(500), Buffer.alloc(500, 0xff), Buffer.alloc(3)]) {
      await writeFile(path!, Buffer.concat([whole, rubbish]));
      const { log, recovery } = await open({ directory });
      expect(recovery.tornTail).toMatchObject({ offset: whole.length, bytes: rubbish.length });
      expect(await readAll(log)).toEqual(before);
      await log.close();
      expect((await readFile(path!)).length).toBe(whole.length);
    }
  });

  it('takes its whole batch along: a batch is there whole or not at all', async () => {
    const directory = await temporaryDirectory();
    const { log } = await open({ directory });
    await log.append([event('alone')]);
    await log.append(['b1', 'b2', 'b3'].map(event));
    const before = await readAll(log);
    await log.close();
    const [path] = await segmentsOf(directory);
    const whole = await readFile(path!);
    for (let size = whole.length - 1; size > before[1]!.offset; size -= 1) {
      await writeFile(path!, whole.subarray(0, size));
      const { log: again, recovery } = await open({ directory });
      expect(recovery).toMatchObject({ events: 1, nextSequenceNumber: 1, damage: [] });
      expect(recovery.tornTail).toMatchObject({ offset: before[1]!.offset });
      expect(await readAll(again)).toEqual(before.slice(0, 1));
      await again.close();
    }
  });

  it('of the very first event leaves an empty log', async () => {
    const { directory } = await written(['first']);
    const [path] = await segmentsOf(directory);
    await truncate(path!, 10);
    const { log, recovery } = await open({ directory });
    expect(recovery).toMatchObject({ events: 0, nextSequenceNumber: 0, tornTail: { offset: 0, bytes: 10 } });
    expect(log.isEmpty).toBe(true);
  });
});

describe('damage', () => {
  const texts = Array.from({ length: 12 }, (_, index) => `event ${index}`);

  it('of one byte, wherever it is, costs one event; the others keep their numbers and the loss is told', async () => {
    const { directory, before } = await written(texts);
    const [path] = await segmentsOf(directory);
    const whole = await readFile(path!);
    const victim = before[5]!;
    for (let at = victim.offset; at < before[6]!.offset; at += 1) {
      const bytes = Buffer.from(whole);
      bytes[at]! ^= 0x41;
      await writeFile(path!, bytes);
      const { log, recovery } = await open({ directory });
      expect(recovery).toMatchObject({ events: 11, nextSequenceNumber: 12 });
      expect(recovery.damage).toEqual([{ file: path, from: victim.offset, to: before[6]!.offset, missing: [5, 5] }]);
      expect(recovery.tornTail).toBeUndefined();
      expect(await readAll(log)).toEqual(before.filter((each) => each !== victim));
      await log.close();
    }
  });

  it('of the last record is told and its number is not given again: a write that broke off would be shorter', async () => {
    const { directory, before } = await written(texts);
    const [path] = await segmentsOf(directory);
    const bytes = await readFile(path!);
    bytes[bytes.length - 1]! ^= 1;
    await writeFile(path!, bytes);

    const { log, recovery } = await open({ directory });

    expect(recovery).toMatchObject({ events: 11, nextSequenceNumber: 12, damage: [{ missing: [11, 11] }] });
    expect(await log.append([event('next')])).toMatchObject({ sequenceNumber: 12 });
    expect(numbers(await readAll(log))).toEqual([...numbers(before.slice(0, 11)), 12]);
  });

  it('of a long stretch is stepped over to the next event that is whole', async () => {
    const { directory, before } = await written(texts);
    const [path] = await segmentsOf(directory);
    const bytes = await readFile(path!);
    bytes.fill(0xee, before[3]!.offset + 7, before[8]!.offset + 2);
    await writeFile(path!, bytes);

    const { log, recovery } = await open({ directory });

    expect(recovery.damage).toMatchObject([{ from: before[3]!.offset, missing: [3, 8] }]);
    expect(numbers(await readAll(log))).toEqual([0, 1, 2, 9, 10, 11]);
    expect(await log.seek((place) => place.sequenceNumber < 5)).toBe(before[9]!.offset);
  });

  it('at the end of a closed segment, or a segment that is gone, is told with the numbers that are missing', async () => {
    const { directory, before } = await written(texts, { segmentBytes: 300 });
    const paths = await segmentsOf(directory);
    expect(paths.length).toBeGreaterThan(3);
    const firstOf = (path: string) => Number(/(\d+)-\d+\.log$/.exec(path)![1]);
    await truncate(paths[0]!, 20);
    await unlink(paths[2]!);

    const { log, recovery } = await open({ directory });

    expect(recovery.damage).toMatchObject([
      { file: paths[0], missing: [0, firstOf(paths[1]!) - 1] },
      { file: paths[1], missing: [firstOf(paths[2]!), firstOf(paths[3]!) - 1] },
    ]);
    const kept = before.filter(({ sequenceNumber }) => {
      const inFirst = sequenceNumber < firstOf(paths[1]!);
      return !inFirst && (sequenceNumber < firstOf(paths[2]!) || sequenceNumber >= firstOf(paths[3]!));
    });
    expect(await readAll(log)).toEqual(kept);
    expect(log.beginSequenceNumber).toBe(firstOf(paths[1]!));
  });

  it('that comes while the log is open is found by the reader, told once and stepped over', async () => {
    const { directory, before } = await written(texts);
    const told: unknown[] = [];
    const { log } = await open({ directory, onDamage: (damage) => told.push(damage) });
    const [path] = await segmentsOf(directory);
    const bytes = await readFile(path!);
    bytes[before[4]!.offset + 50]! ^= 1;
    await copyFile(path!, `${path}.copy`);
    await writeFile(path!, bytes);

    expect(numbers(await readAll(log))).toEqual([0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11]);
    expect(numbers(await readAll(log))).toEqual([0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11]);
    expect(told).toEqual([{ file: path, from: before[4]!.offset, to: before[5]!.offset }]);
  });
});

describe('seeking', () => {
  it('finds the first event at or after a number, an offset, a time, in a log of many index entries', async () => {
    const clock = new TestClock(START);
    const { log } = await open({ directory: await temporaryDirectory(), clock, segmentBytes: 300_000 });
    for (let index = 0; index < 600; index += 1) {
      await log.append([event(`${index} ${'x'.repeat(2000)}`)]);
      clock.setWall(clock.now() + (index % 3 === 0 ? 0 : 500));
    }
    const all = await readAll(log);
    for (const sought of [all[0]!, all[1]!, all[299]!, all[300]!, all[598]!, all[599]!]) {
      expect(await log.seek((place) => place.sequenceNumber < sought.sequenceNumber)).toBe(sought.offset);
      expect(await log.seek((place) => place.offset < sought.offset)).toBe(sought.offset);
      expect(await log.seek((place) => place.offset < sought.offset - 1)).toBe(sought.offset);
      const firstAtTime = all.find((each) => each.enqueuedTime >= sought.enqueuedTime)!;
      expect(await log.seek((place) => place.enqueuedTime < sought.enqueuedTime)).toBe(firstAtTime.offset);
    }
    expect(await log.seek(() => true)).toBe(log.end);
    expect(await log.seek(() => false)).toBe(0);
  });

  it('never sees time go back, whatever the clock does', async () => {
    const clock = new TestClock(START);
    const { directory } = await written([]);
    const { log } = await open({ directory, clock });
    await log.append([event('noon')]);
    clock.setWall(START - HOUR_MS);
    await log.append([event('an hour earlier')]);
    expect((await readAll(log)).map((each) => each.enqueuedTime)).toEqual([START, START]);
  });
});

describe('retention', () => {
  it('drops whole segments that are too old, and places stay what they were', async () => {
    const clock = new TestClock(START);
    const directory = await temporaryDirectory();
    const options = { directory, clock, segmentBytes: 300, retention: { maxAgeMs: HOUR_MS, maxBytes: 2 ** 30 } };
    const { log } = await open(options);
    for (let index = 0; index < 10; index += 1) await log.append([event(`old ${index}`)]);
    clock.setWall(START + HOUR_MS - 1);
    await log.append([event('young')]);
    const before = await readAll(log);
    await log.enforceRetention();
    expect(await readAll(log)).toEqual(before);

    clock.setWall(START + HOUR_MS + 1);
    await log.enforceRetention();

    const kept = await readAll(log);
    expect(kept.at(-1)!.text).toBe('young');
    expect(kept.length).toBeLessThan(4);
    expect(kept).toEqual(before.slice(-kept.length));
    expect(log.beginSequenceNumber).toBe(kept[0]!.sequenceNumber);
    // A reader that is further back goes on with what is kept.
    expect(await readAll(log, 0)).toEqual(kept);
  });

  it('leaves an empty log that goes on counting, after a restart too', async () => {
    const clock = new TestClock(START);
    const { directory } = await written(['a', 'b'], { clock });
    const { log } = await open({ directory, clock });
    clock.setWall(START + 2 * HOUR_MS);
    await log.enforceRetention();
    expect({ empty: log.isEmpty, begin: log.beginSequenceNumber, last: log.lastSequenceNumber }).toEqual({
      empty: true,
      begin: 2,
      last: 1,
    });
    const end = log.end;
    await log.close();

    const { log: again } = await open({ directory, clock });

    expect(await again.append([event('c')])).toMatchObject({ sequenceNumber: 2, offset: end });
  });

  it('drops the oldest segments beyond the limit of bytes, never the newest', async () => {
    const { directory } = await written([]);
    const { log } = await open({ directory, segmentBytes: 1000, retention: { maxAgeMs: HOUR_MS, maxBytes: 5000 } });
    for (let index = 0; index < 100; index += 1) await log.append([event(`event ${index}`)]);
    await log.enforceRetention();
    expect(log.end - log.begin).toBeLessThanOrEqual(5000);
    expect(log.end - log.begin).toBeGreaterThan(3500);
    expect((await readAll(log)).at(-1)!.sequenceNumber).toBe(99);
  });
});

describe('a disk that fails', () => {
  /** Segment files on a disk with room for `room.bytes` more. */
  function smallDisk(room: { bytes: number; truncates?: boolean }): NonNullable<PartitionLogOptions['openFile']> {
    return async (path, options) => {
      const file = await openSegmentFile(path, options);
      return {
        read: (position, length) => file.read(position, length),
        write: async (bytes, position) => {
          const fits = bytes.subarray(0, room.bytes);
          await file.write(fits, position);
          room.bytes -= fits.length;
          if (fits.length < bytes.length) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
        },
        truncate: async (size) => {
          if (room.truncates === false) throw Object.assign(new Error('input/output error'), { code: 'EIO' });
          await file.truncate(size);
        },
        sync: () => file.sync(),
        size: () => file.size(),
        close: () => file.close(),
      };
    };
  }

  it('refuses what has no room, keeps what it acknowledged, and goes on where it was when there is room', async () => {
    const room = { bytes: 1000 };
    const directory = await temporaryDirectory();
    const { log } = await open({ directory, openFile: smallDisk(room) });
    const acknowledged: string[] = [];
    let refusal: unknown;
    for (let index = 0; !refusal; index += 1) {
      await log.append([event(`event ${index}`)]).then(
        () => acknowledged.push(`event ${index}`),
        (error: unknown) => {
          refusal = error;
        },
      );
    }
    expect(isTashikaError(refusal, 'DISK_FULL')).toBe(true);
    expect(acknowledged.length).toBeGreaterThan(3);
    await expect(log.append([event('still full')])).rejects.toMatchObject({ code: 'DISK_FULL' });
    expect((await readAll(log)).map((each) => each.text)).toEqual(acknowledged);

    room.bytes = 10_000;
    const place = await log.append([event('room again')]);

    expect(place.sequenceNumber).toBe(acknowledged.length);
    await log.close();
    const { log: again, recovery } = await open({ directory });
    expect(recovery).toMatchObject({ damage: [], nextSequenceNumber: acknowledged.length + 1 });
    expect((await readAll(again)).map((each) => each.text)).toEqual([...acknowledged, 'room again']);
  });

  it('does not append behind what a failed write left, even when it could not be taken back at once', async () => {
    const room: { bytes: number; truncates?: boolean } = { bytes: 400 };
    const directory = await temporaryDirectory();
    const { log } = await open({ directory, openFile: smallDisk(room) });
    await log.append([event('kept')]);
    room.truncates = false;
    await expect(log.append([event('x'.repeat(500))])).rejects.toMatchObject({ code: 'DISK_FULL' });
    room.bytes = 10_000;
    await expect(log.append([event('next')])).rejects.toMatchObject({ code: 'EIO' });
    room.truncates = true;
    await log.append([event('next')]);
    await log.close();

    const { log: again, recovery } = await open({ directory });

    expect(recovery).toMatchObject({ events: 2, damage: [] });
    expect((await readAll(again)).map((each) => each.text)).toEqual(['kept', 'next']);
  });
});

it('appends that wait share a write, and each learns its own place', async () => {
  let writes = 0;
  const directory = await temporaryDirectory();
  await mkdir(directory, { recursive: true });
  const { log } = await open({
    directory,
    openFile: async (path, options) => {
      const file = await openSegmentFile(path, options);
      const write = file.write.bind(file);
      file.write = (bytes, position) => {
        writes += 1;
        return write(bytes, position);
      };
      return file;
    },
  });

  const places = await Promise.all(
    Array.from({ length: 200 }, (_, index) => log.append([event(`a${index}`), event(`b${index}`)])),
  );

  expect(writes).toBeLessThan(5);
  expect(places.map((place) => place.sequenceNumber)).toEqual(Array.from({ length: 200 }, (_, index) => 2 * index));
  const found = await readAll(log);
  expect(places.map((place) => found.find((each) => each.offset === place.offset)!.text)).toEqual(
    Array.from({ length: 200 }, (_, index) => `a${index}`),
  );
});

it('an append is on the disk before it is acknowledged when that is asked for', async () => {
  const order: string[] = [];
  const { log } = await open({
    directory: await temporaryDirectory(),
    fsync: true,
    openFile: async (path, options) => {
      const file = await openSegmentFile(path, options);
      const sync = file.sync.bind(file);
      file.sync = async () => {
        await sync();
        order.push('on disk');
      };
      return file;
    },
  });
  await log.append([event('a')]);
  order.push('acknowledged');
  expect(order).toEqual(['on disk', 'acknowledged']);
});

import { describe, expect, it } from 'vitest';
import type { Batch } from './batch.ts';
import type { Spool } from './spool.ts';
import { MemoryFiles } from './testing/memory-files.ts';
import { openTestSpool, reading } from './testing/open-spool.ts';
import { EVERYTHING, Receiver } from './testing/receiver.ts';

const LIVE_FIRST = { order: 'live-first', liveMs: 60_000 } as const;

async function append(spool: Spool, from: number, to: number): Promise<void> {
  for (let value = from; value <= to; value++) void spool.append(reading(value));
  await spool.flush();
}

/** Readings that have waited through an outage, and three that are live. */
async function spoolAfterOutage(files = new MemoryFiles(), options: object = LIVE_FIRST) {
  const opened = await openTestSpool(files, options);
  await append(opened.spool, 1, 20);
  await opened.clock.advance(61_000);
  await append(opened.spool, 21, 23);
  return opened;
}

const numbersOf = (batch: Batch | undefined) => batch?.readings.map(({ sequence }) => sequence);
const BY_FIVE = { ...EVERYTHING, bytes: 5 };

describe('a spool that is read live first', () => {
  it('hands out what is live, then the backlog from its beginning, and what is live again in between', async () => {
    const { spool } = await spoolAfterOutage();
    const live = (await spool.read(BY_FIVE))!;
    expect([numbersOf(live), live.backlog, live.full]).toEqual([[21, 22, 23], false, false]);
    await spool.acknowledge(live);
    const backlog = (await spool.read(BY_FIVE))!;
    expect([numbersOf(backlog), backlog.backlog, backlog.full]).toEqual([[1, 2, 3, 4, 5], true, true]);
    await spool.acknowledge(backlog);
    await append(spool, 24, 24);
    expect(numbersOf(await spool.read(BY_FIVE))).toEqual([24]);
  });

  it('holds for the cloud only what lies behind everything posted: it sees the backlog before as missing', async () => {
    const { spool } = await spoolAfterOutage();
    const live = (await spool.read({ ...EVERYTHING, bytes: 2 }))!;
    expect(live).toMatchObject({ first: 21, held: 1, through: 22 });
    await spool.acknowledge(live);
    expect(spool.figures.held).toBe(21);
    await spool.acknowledge((await spool.read(BY_FIVE))!);
    expect(await spool.read(BY_FIVE)).toMatchObject({ first: 1, held: 0, through: 23 });
  });

  it('goes on where it was after a crash, and sends nothing twice that was saved', async () => {
    const files = new MemoryFiles();
    const { spool, clock } = await spoolAfterOutage(files);
    await spool.acknowledge((await spool.read(BY_FIVE))!);
    await spool.acknowledge((await spool.read(BY_FIVE))!);
    await clock.advance(5_000);
    await spool.flush();
    const { spool: again } = await openTestSpool(files.afterPowerCut('keeps-none'), LIVE_FIRST);
    await append(again, 24, 25);
    const receiver = new Receiver();
    await receiver.drain(again, BY_FIVE);
    const numbers = [...receiver.values.get(spool.figures.stream)!.keys()];
    expect(numbers.slice(0, 7)).toEqual([24, 25, 6, 7, 8, 9, 10]);
    expect(numbers).toHaveLength(17);
  });

  it('gives back the files of what is sent, although there is an older backlog', async () => {
    const files = new MemoryFiles();
    const { spool, clock } = await openTestSpool(files, LIVE_FIRST);
    const segments = () => files.paths.filter((path) => path.endsWith('.segment')).length;
    for (let value = 1; value <= 20; value++) await append(spool, value, value);
    const backlogSegments = segments();
    await clock.advance(61_000);
    for (let value = 21; value <= 60; value++) {
      await append(spool, value, value);
      await spool.acknowledge((await spool.read(EVERYTHING))!);
    }
    await clock.advance(5_000);
    await spool.flush();
    expect(segments()).toBeLessThanOrEqual(backlogSegments + 2);
    const receiver = new Receiver();
    await receiver.drain(spool);
    expect(receiver.values.get(spool.figures.stream)?.size).toBe(20);
    expect(spool.figures).toMatchObject({ held: 0, lost: 0 });
  });

  it('fills the holes first when outages have left too many', async () => {
    const { spool, clock } = await openTestSpool(new MemoryFiles(), { ...LIVE_FIRST, segmentBytes: 100_000 });
    for (let outage = 0; outage < 70; outage++) {
      await append(spool, 1, 1);
      await clock.advance(61_000);
      await append(spool, 2, 2);
      const batch = (await spool.read(EVERYTHING))!;
      if (batch.backlog) {
        expect(outage).toBeGreaterThan(60);
        return;
      }
      await spool.acknowledge(batch);
    }
    expect.unreachable('the holes were never filled');
  });

  it('hands out no backlog when only what is live is asked for', async () => {
    const { spool } = await spoolAfterOutage();
    await spool.acknowledge((await spool.read({ ...BY_FIVE, backlog: false }))!);
    expect(await spool.read({ ...BY_FIVE, backlog: false })).toBeUndefined();
    expect(numbersOf(await spool.read(BY_FIVE))?.[0]).toBe(1);
  });

  it('hands out the backlog when it is its turn, and what is live when there is none', async () => {
    const { spool } = await spoolAfterOutage();
    const turn = { ...BY_FIVE, backlog: 'first' } as const;
    for (const first of [1, 6, 11, 16]) {
      const backlog = (await spool.read(turn))!;
      expect([backlog.first, backlog.backlog]).toEqual([first, true]);
      await spool.acknowledge(backlog);
    }
    expect(await spool.read(turn)).toMatchObject({ first: 21, backlog: false });
  });
});

describe('a spool that is read in order', () => {
  it('hands out the oldest first, and says that it is backlog until it has caught up', async () => {
    const { spool } = await spoolAfterOutage(new MemoryFiles(), {});
    expect(await spool.read({ ...EVERYTHING, backlog: false })).toBeUndefined();
    const batch = (await spool.read(BY_FIVE))!;
    expect([numbersOf(batch), batch.backlog, batch.held]).toEqual([[1, 2, 3, 4, 5], true, 18]);
    for (let each = 0; each < 4; each++) await spool.acknowledge((await spool.read(BY_FIVE))!);
    expect(await spool.read(BY_FIVE)).toMatchObject({ first: 21, backlog: false });
  });

  it('takes what waited at its start for backlog', async () => {
    const files = new MemoryFiles();
    const { spool } = await openTestSpool(files);
    await append(spool, 1, 2);
    await spool.close();
    const { spool: again } = await openTestSpool(files);
    await append(again, 3, 3);
    expect(await again.read(EVERYTHING)).toMatchObject({ first: 1, backlog: true, readings: { length: 3 } });
  });
});

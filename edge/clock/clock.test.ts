import { TestClock } from '@tashika/shared/time';
import { describe, expect, it } from 'vitest';
import {
  askSynchronised,
  datability,
  eventTime,
  type Moment,
  machineClock,
  qualityOf,
  type Stamp,
  SynchronisationWatch,
} from './index.ts';

const NOW: Moment = { bootId: 'b', monotonicMs: 90_000, wallMs: 1_700_000_000_000, synced: true };
const UNSYNCED: Stamp = { bootId: 'b', monotonicMs: 30_000, wallMs: 12_345, synced: false };

describe("a reading's time", () => {
  it('is what a right clock said when it was taken, even if the clocks differ by now', () => {
    const stamp = { bootId: 'other', monotonicMs: 1, wallMs: 1_600_000_000_000, synced: true };
    expect(eventTime(stamp, { ...NOW, synced: false })).toEqual({ at: 1_600_000_000_000 });
    expect(qualityOf(datability(stamp, 'b'), { synced: false })).toBe('synced');
  });

  it('is an age by the monotonic clock until the clock is right, and a time from then on', () => {
    expect(eventTime(UNSYNCED, { ...NOW, synced: false })).toEqual({ ago: 60_000 });
    expect(eventTime(UNSYNCED, NOW)).toEqual({ at: NOW.wallMs - 60_000 });
    expect(qualityOf(datability(UNSYNCED, 'b'), { synced: false })).toBe('relative');
    expect(qualityOf(datability(UNSYNCED, 'b'), { synced: true })).toBe('synced');
  });

  it('is uncertain when another boot without a clock took it', () => {
    const stamp = { ...UNSYNCED, bootId: 'before', wallMs: 1_650_000_000_000 };
    expect(eventTime(stamp, NOW)).toEqual({ at: 1_650_000_000_000 });
    expect(qualityOf(datability(stamp, 'b'), { synced: true })).toBe('uncertain');
  });
});

describe("the machine's clock", () => {
  it('counts monotonic time on between processes of one boot', () => {
    const [one, other] = [machineClock(), machineClock()];
    expect(one.bootId).toBe(other.bootId);
    const [first, second] = [one.monotonic(), other.monotonic()];
    expect(second).toBeGreaterThanOrEqual(first);
    expect(second - first).toBeLessThan(1_000);
  });

  it('is its own boot where the system names none', () => {
    const nowhere = '/nowhere/boot_id';
    expect(machineClock(nowhere).bootId).not.toBe(machineClock(nowhere).bootId);
    expect(machineClock(nowhere).bootId).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('whether the clock is synchronised', () => {
  it('is what any of the system says, or the operator', async () => {
    const no = async () => undefined;
    const bad = async () => false;
    const good = async () => true;
    expect(await askSynchronised('auto', [no, bad, good])).toBe(true);
    expect(await askSynchronised('auto', [no, bad])).toBe(false);
    expect(await askSynchronised('auto', [])).toBe(false);
    expect(await askSynchronised('always', [bad])).toBe(true);
    expect(await askSynchronised('never', [good])).toBe(false);
  });

  it('is asked again and again, because NTP may come minutes later', async () => {
    const clock = new TestClock();
    let synced = false;
    const watch = new SynchronisationWatch({ trust: 'auto', clock, probes: [async () => synced] });
    await watch.start();
    expect(watch.synced).toBe(false);
    synced = true;
    await clock.advance(30_000);
    expect(watch.synced).toBe(true);
    watch.stop();
    expect(clock.pending).toBe(0);
  });

  it('asks nobody else once it is stopped', async () => {
    const clock = new TestClock();
    let others = 0;
    const watch: SynchronisationWatch = new SynchronisationWatch({
      ...{ trust: 'auto', clock },
      probes: [async () => void watch.stop(), async () => void others++],
    });
    await watch.start();
    expect([others, clock.pending]).toEqual([0, 0]);
  });
});

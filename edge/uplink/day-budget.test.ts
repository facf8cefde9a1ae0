import { TestClock } from '@tashika/shared/time';
import { describe, expect, it } from 'vitest';
import type { BootClock } from '../clock/index.ts';
import { type DaysUse, dayInJapan, NOTHING_USED, untilNextDay, useLater } from '../clock/index.ts';
import { Budget, type WhenSpent } from './budget.ts';

const HOUR = 3_600_000;
/** Midnight in Japan. */
const MIDNIGHT = Date.UTC(2026, 0, 1, 15);

function budget(options: { synced?: boolean; wall?: number; whenSpent?: WhenSpent; used?: DaysUse } = {}) {
  const { wall = MIDNIGHT, whenSpent = 'hold', used = NOTHING_USED } = options;
  const clock = new TestClock(wall);
  const state = { synced: options.synced ?? true };
  const bootClock: BootClock = Object.assign(clock, { bootId: 'this' });
  const made = new Budget({
    dailyBytes: 100_000,
    whenSpent,
    sparseMs: 900_000,
    clock: bootClock,
    synced: () => state.synced,
    used,
  });
  return { budget: made, clock, state };
}

describe('the day of a budget', () => {
  it('begins at midnight in Japan', () => {
    expect(dayInJapan(MIDNIGHT)).toBe(dayInJapan(MIDNIGHT - 1) + 1);
    expect(dayInJapan(MIDNIGHT + 24 * HOUR - 1)).toBe(dayInJapan(MIDNIGHT));
    expect(untilNextDay(NOTHING_USED, MIDNIGHT + HOUR, true)).toBe(23 * HOUR);
  });

  it('gives the bytes back when another begins', async () => {
    const { budget: day, clock } = budget({ wall: MIDNIGHT - HOUR });
    day.spend(60_000);
    await clock.advance(HOUR - 1);
    expect(day.figures.bytesUsed).toBe(60_000);
    await clock.advance(1);
    expect(day.figures).toEqual({ bytesUsed: 0, limitBytes: 100_000 });
  });

  it('lasts 24 hours of running where the clock is not right, over restarts too', () => {
    const first = useLater({ ...NOTHING_USED, bytes: 70 }, 23 * HOUR, undefined);
    expect(first).toEqual({ day: undefined, bytes: 70, ranMs: 23 * HOUR });
    const restarted = useLater(first, HOUR - 1, undefined);
    expect(restarted.bytes).toBe(70);
    expect(useLater(restarted, 1, undefined)).toEqual({ day: undefined, bytes: 0, ranMs: 0 });
  });

  it('takes what was used before the clock was right for its own', async () => {
    const { budget: day, clock, state } = budget({ synced: false, wall: 0 });
    day.spend(60_000);
    await clock.advance(HOUR);
    clock.setWall(MIDNIGHT + HOUR / 2);
    state.synced = true;
    expect(day.use).toEqual({ day: dayInJapan(MIDNIGHT), bytes: 60_000, ranMs: HOUR });
    await clock.advance(24 * HOUR);
    expect(day.figures.bytesUsed).toBe(0);
  });

  it('goes on after a restart, whether the clock is right at once or later', () => {
    const used = { day: dayInJapan(MIDNIGHT), bytes: 90_000, ranMs: HOUR };
    expect(budget({ used, wall: MIDNIGHT + 2 * HOUR }).budget.figures.bytesUsed).toBe(90_000);
    expect(budget({ used, synced: false, wall: 0 }).budget.figures.bytesUsed).toBe(90_000);
    expect(budget({ used, wall: MIDNIGHT + 30 * HOUR }).budget.figures.bytesUsed).toBe(0);
  });

  it('does not stay for ever on a day that a wrong clock made up', () => {
    const used = { day: dayInJapan(MIDNIGHT) + 4_000, bytes: 100_000, ranMs: 0 };
    expect(budget({ used }).budget.next().waitMs).toBe(0);
  });
});

describe('a budget that is spent', () => {
  it('lets posts go until then', () => {
    const { budget: day } = budget();
    day.spend(99_999);
    expect(day.next()).toEqual({ waitMs: 0, readings: Number.POSITIVE_INFINITY });
  });

  it('holds the readings until the next day, looking again each minute', async () => {
    const { budget: day, clock } = budget({ wall: MIDNIGHT - 90_000 });
    day.spend(100_000);
    expect(day.next()).toEqual({ waitMs: 60_000, readings: 0 });
    await clock.advance(60_000);
    expect(day.next()).toEqual({ waitMs: 30_000, readings: 0 });
    await clock.advance(30_000);
    expect(day.next().waitMs).toBe(0);
  });

  it('sends one reading now and then where that is asked for, and counts it', async () => {
    const { budget: day, clock } = budget({ whenSpent: 'sparse' });
    day.spend(100_000);
    let posts = 0;
    for (let minute = 0; minute < 60; minute++) {
      const { waitMs, readings } = day.next();
      expect(readings).toBe(1);
      if (waitMs === 0) {
        posts++;
        day.spend(500);
      }
      await clock.advance(60_000);
    }
    expect(posts).toBe(3);
    expect(day.figures.bytesUsed).toBe(101_500);
  });
});

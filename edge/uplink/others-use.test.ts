import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestClock } from '@tashika/shared/time';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dayInJapan, NOTHING_USED } from '../clock/index.ts';
import { Budget } from './budget.ts';
import { OthersUse } from './others-use.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tashika-others-'));
});
afterEach(() => rm(directory, { recursive: true }));

describe('the bytes of another process on the same link', () => {
  it("count against the day's budget, those of another day do not, and its file is never written", async () => {
    const clock = Object.assign(new TestClock(), { bootId: 'this' });
    const others = new OthersUse(directory, clock);
    const budget = new Budget({
      ...{ dailyBytes: 100_000, whenSpent: 'hold', sparseMs: 900_000, clock, synced: () => true },
      ...{ used: NOTHING_USED, others: (day) => others.bytes(day) },
    });
    const used = (day: number, bytes: number) =>
      writeFile(join(directory, 'uplink-use.json'), JSON.stringify({ day, bytes, ranMs: 0 }));
    const today = dayInJapan(clock.now());
    await others.look();
    expect(budget.figures.bytesUsed).toBe(0);
    budget.spend(40_000);
    await used(today - 1, 90_000);
    await others.look();
    expect(budget.next().waitMs).toBe(0);
    await used(today, 60_000);
    await others.look();
    expect(budget.figures.bytesUsed).toBe(100_000);
    expect(budget.next()).toMatchObject({ readings: 0 });
    expect(budget.use.bytes).toBe(40_000); // its own file tells its own alone
  });
});

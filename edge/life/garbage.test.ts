import { TestClock } from '@tashika/shared/time';
import { describe, expect, it } from 'vitest';
import { collectGarbage } from './garbage.ts';

describe('garbage', () => {
  it('is collected every five minutes, until that is ended', async () => {
    const clock = new TestClock();
    let collections = 0;
    const collecting = collectGarbage(clock, async () => void collections++);
    await clock.advance(900_000);
    expect(collections).toBe(3);
    collecting.cancel();
    await clock.advance(900_000);
    expect([collections, clock.pending]).toEqual([3, 0]);
  });

  it('is left to V8 where nothing collects it', () => {
    const clock = new TestClock();
    collectGarbage(clock, undefined).cancel();
    expect(clock.pending).toBe(0);
  });
});

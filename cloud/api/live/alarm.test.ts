import { TestClock } from '@tashika/shared/time';
import { describe, expect, it } from 'vitest';
import { Alarm } from './alarm.ts';

describe('the alarm', () => {
  it('rings when the nearest of its times has come', async () => {
    const clock = new TestClock();
    const alarm = new Alarm(clock);
    const rings: number[] = [];
    void alarm.rung().then(() => rings.push(clock.monotonic()));
    alarm.within(1000);
    alarm.within(200);
    alarm.within(500);
    await clock.advance(2000);
    expect(rings).toEqual([200]);
    expect(clock.pending).toBe(0);
  });

  it('is heard later by one who was busy when it rang', async () => {
    const clock = new TestClock();
    const alarm = new Alarm(clock);
    alarm.within(10);
    await clock.advance(10);
    expect(await alarm.rung()).toBe(true);
  });

  it('says so when it is stopped, and never rings again', async () => {
    const clock = new TestClock();
    const alarm = new Alarm(clock);
    const waiting = alarm.rung();
    alarm.within(10);
    alarm.stop();
    alarm.within(5);
    expect([await waiting, await alarm.rung(), clock.pending]).toEqual([false, false, 0]);
  });
});

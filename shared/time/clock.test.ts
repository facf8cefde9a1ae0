import { describe, expect, it } from 'vitest';
import { systemClock, TestClock } from './index.ts';

describe('the test clock', () => {
  it('fires timers in order of their due time and only when it is moved', async () => {
    const clock = new TestClock(1_000);
    const fired: string[] = [];
    clock.after(20, () => fired.push(`b at ${clock.now()}`));
    clock.after(10, () => fired.push(`a at ${clock.now()}`));
    clock.after(30, () => fired.push('never')).cancel();
    expect(fired).toEqual([]);
    await clock.advance(50);
    expect(fired).toEqual(['a at 1010', 'b at 1020']);
    expect([clock.now(), clock.monotonic(), clock.pending]).toEqual([1_050, 50, 0]);
  });

  it('walks through one sleep after the other', async () => {
    const clock = new TestClock(0);
    const woke: number[] = [];
    const walk = (async () => {
      for (let i = 0; i < 3; i++) {
        await clock.sleep(100);
        woke.push(clock.now());
      }
    })();
    await clock.advance(300);
    await walk;
    expect(woke).toEqual([100, 200, 300]);
  });

  it('lets wall time jump without touching monotonic time', () => {
    const clock = new TestClock(5_000);
    clock.setWall(1_000);
    expect([clock.now(), clock.monotonic()]).toEqual([1_000, 0]);
  });
});

describe.each([
  ['test', () => new TestClock()],
  ['system', () => systemClock],
])('a sleep on the %s clock', (_name, clockOf) => {
  it('ends with the reason of an abort and leaves no timer behind', async () => {
    const stop = new AbortController();
    const asleep = clockOf().sleep(60_000, stop.signal);
    stop.abort(new Error('stopping'));
    await expect(asleep).rejects.toThrow('stopping');
    await expect(clockOf().sleep(60_000, stop.signal)).rejects.toThrow('stopping');
  });
});

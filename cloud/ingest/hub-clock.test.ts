import { describe, expect, it } from 'vitest';
import { HubClock } from './hub-clock.ts';

const NOON = Date.UTC(2026, 5, 1, 12);
const HOUR = 3_600_000;

describe('the clock of the hub', () => {
  it('is not known before the hub has taken an event', () => {
    expect(new HubClock().atLeast(5000)).toBe(Number.NEGATIVE_INFINITY);
  });

  it('goes on from the latest arrival, and is never ahead of the hub, however clocks drift', () => {
    const clock = new HubClock();
    clock.observe(NOON, 1000);
    expect(clock.atLeast(1000)).toBe(NOON);
    expect(clock.atLeast(11_000)).toBe(NOON + 9990);
    expect(clock.atLeast(1000 + HOUR)).toBe(NOON + HOUR - 3600);
  });

  it('takes the arrival that came through fastest', () => {
    const clock = new HubClock();
    clock.observe(NOON, 1000);
    clock.observe(NOON + 100, 3000); // two seconds on the way
    expect(clock.atLeast(3000)).toBe(NOON + 1998);
    clock.observe(NOON + 2999, 4000);
    expect(clock.atLeast(4000)).toBe(NOON + 2999);
  });
});

import { describe, expect, it } from 'vitest';
import { type FleetReturn, playFleetReturn, USUAL_FLEET } from './testing/index.ts';

const NO_RULE = { share: 1, speed: 1_000_000 };
const HOUR = 3_600_000;

const peak = (options: Partial<FleetReturn>) => Math.max(...playFleetReturn({ ...USUAL_FLEET, ...options }).arrivals);

describe('10,000 agents that come back at once', () => {
  it('make no wave after five minutes', () => {
    const { arrivals, attemptsInOutage } = playFleetReturn(USUAL_FLEET);
    expect(Math.max(...arrivals)).toBe(330);
    expect(arrivals[0]).toBe(257);
    expect(attemptsInOutage).toBeCloseTo(11.8, 1);
  });

  it('make none after an hour either, though each has more than one post to catch up with', () => {
    const { arrivals, accepted, attemptsInOutage } = playFleetReturn({ ...USUAL_FLEET, outageMs: HOUR, capacity: 500 });
    expect(Math.max(...arrivals)).toBe(261);
    expect(accepted).toEqual(arrivals);
    expect(attemptsInOutage).toBeLessThan(90);
  });

  it('would make one if each sent its backlog as fast as it can', () => {
    const thousand = { agents: 1_000, outageMs: HOUR };
    expect(peak({ ...thousand, replay: NO_RULE })).toBeGreaterThan(5 * peak(thousand));
  });

  it('are spread though all of them failed in the same second', () => {
    const inOneSecond = { everyMs: 1_000, watchedMs: 60_000, agents: 1_000 };
    const { arrivals } = playFleetReturn({ ...USUAL_FLEET, ...inOneSecond, outageMs: 30_000 });
    const firstPosts = arrivals[0]!;
    expect(firstPosts).toBeLessThan(60);
  });

  it('are let in second by second where the other side takes few at a time', () => {
    const { arrivals, accepted } = playFleetReturn({ ...USUAL_FLEET, capacity: 150, watchedMs: 600_000 });
    expect(Math.max(...accepted)).toBe(150);
    expect(Math.max(...arrivals)).toBeLessThan(1_000);
  });
});

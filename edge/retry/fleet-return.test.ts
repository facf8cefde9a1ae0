import { describe, expect, it } from 'vitest';
import { type FleetReturn, playFleetReturn } from './testing/index.ts';

/** A fleet at the agent's defaults that posts a batch a minute and measures about once a second. */
const FLEET: FleetReturn = {
  agents: 10_000,
  retry: { firstMs: 1_000, mostMs: 60_000 },
  replay: { share: 0.5, speed: 10 },
  outageMs: 300_000,
  everyMs: 60_000,
  spanMs: 500_000,
  roundTripMs: 100,
  capacity: Number.POSITIVE_INFINITY,
  watchedMs: 300_000,
  seed: 7,
};
const NO_RULE = { share: 1, speed: 1_000_000 };
const HOUR = 3_600_000;

const peak = (options: Partial<FleetReturn>) => Math.max(...playFleetReturn({ ...FLEET, ...options }).arrivals);

describe('10,000 agents that come back at once', () => {
  it('make no wave after five minutes', () => {
    const { arrivals, attemptsInOutage } = playFleetReturn(FLEET);
    expect(Math.max(...arrivals)).toBe(330);
    expect(arrivals[0]).toBe(257);
    expect(attemptsInOutage).toBeCloseTo(11.8, 1);
  });

  it('make none after an hour either, though each has more than one post to catch up with', () => {
    const { arrivals, accepted, attemptsInOutage } = playFleetReturn({ ...FLEET, outageMs: HOUR, capacity: 500 });
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
    const { arrivals } = playFleetReturn({ ...FLEET, ...inOneSecond, outageMs: 30_000 });
    const firstPosts = arrivals[0]!;
    expect(firstPosts).toBeLessThan(60);
  });

  it('are let in second by second where the other side takes few at a time', () => {
    const { arrivals, accepted } = playFleetReturn({ ...FLEET, capacity: 150, watchedMs: 600_000 });
    expect(Math.max(...accepted)).toBe(150);
    expect(Math.max(...arrivals)).toBeLessThan(1_000);
  });
});

import { seededChance } from '@tashika/shared/chance';
import { TestClock } from '@tashika/shared/time';
import { describe, expect, it } from 'vitest';
import { PollRate, shareOf, sleepOf, sleepText } from './polling.ts';

const POLL_MS = 300_000;
const NOW = Date.UTC(2026, 0, 31, 12);

describe('the sleep that an updater is told', () => {
  it('is half a period to one and a half, and brings each device back at an instant of its own', () => {
    for (let device = 0; device < 100; device++) {
      const id = `pi-${device}`;
      const next = NOW + sleepOf(id, NOW, POLL_MS);
      expect(next - NOW).toBeGreaterThanOrEqual(POLL_MS / 2);
      expect(next - NOW).toBeLessThan(1.5 * POLL_MS);
      // Whoever comes back in time is told exactly a period from then on.
      expect(sleepOf(id, next, POLL_MS)).toBeCloseTo(POLL_MS, 3);
      expect(next % POLL_MS).toBeCloseTo(shareOf(id) * POLL_MS, 3);
    }
  });

  it('is written as hours, minutes and seconds, never as none', () => {
    expect([0, 1, 1_001, 61_000, 3_600_000, 90_000_000].map(sleepText)).toEqual([
      ...['00:00:01', '00:00:01', '00:00:02', '00:01:01', '01:00:00', '23:59:59'],
    ]);
  });

  it('spreads serial numbers evenly', () => {
    const tenths = Array.from({ length: 10 }, () => 0);
    for (let serial = 0; serial < 10_000; serial++) {
      const tenth = Math.floor(10 * shareOf(`100000003d1d${serial.toString(16).padStart(4, '0')}`));
      tenths[tenth] = tenths[tenth]! + 1;
    }
    expect(Math.min(...tenths)).toBeGreaterThan(900);
    expect(Math.max(...tenths)).toBeLessThan(1_100);
  });
});

describe('how much longer than usual they sleep', () => {
  it('is not at all, in a fleet that is spread', async () => {
    const clock = new TestClock(NOW);
    const rate = new PollRate(clock);
    for (let second = 0; second < 60; second++) {
      for (let poll = 0; poll < 400; poll++) expect(rate.stretch()).toBe(1);
      await clock.advance(1_000);
    }
  });

  it('goes by the rush, within bounds, and ends with it', async () => {
    const clock = new TestClock(NOW);
    const rate = new PollRate(clock);
    for (let poll = 0; poll < 15_000; poll++) rate.stretch();
    expect(rate.stretch()).toBe(4);
    for (let poll = 0; poll < 100_000; poll++) rate.stretch();
    expect(rate.stretch()).toBe(12);
    await clock.advance(10_000);
    expect(rate.stretch()).toBe(12); // what the ten seconds before were like
    await clock.advance(20_000);
    expect(rate.stretch()).toBe(1);
  });
});

/** Polls in each second after an outage in which all devices have been waiting, answered by one process. */
function pollsASecond(devices: number, seconds: number, comeBackWithinMs: number): readonly number[] {
  const chance = seededChance('after an outage', devices);
  const polls = Array.from({ length: seconds }, () => 0);
  const due: { at: number; id: string }[][] = Array.from({ length: seconds }, () => []);
  const plan = (at: number, id: string) => {
    const second = Math.floor(at / 1_000);
    if (second < seconds) due[second]!.push({ at, id });
  };
  for (let device = 0; device < devices; device++) plan(chance.next() * comeBackWithinMs, `gateway-${device}`);
  let now = 0;
  const rate = new PollRate({ monotonic: () => now });
  for (let second = 0; second < seconds; second++)
    for (const { at, id } of due[second]!.sort((one, other) => one.at - other.at)) {
      now = at;
      polls[second] = polls[second]! + 1;
      // Updaters count whole seconds, and take a while to ask.
      const told = Math.ceil(sleepOf(id, NOW + at, POLL_MS, rate.stretch()) / 1_000) * 1_000;
      plan(at + told + chance.between(0, 3_000), id);
    }
  return polls;
}

describe('ten thousand updaters that poll within five seconds after an outage', () => {
  const usual = 10_000 / (POLL_MS / 1_000);
  const polls = pollsASecond(10_000, 3_600, 5_000);
  const peak = (from: number, to: number) => Math.max(...polls.slice(from, to));

  it('are spread by their very next poll: no second has twice as many as usual', () => {
    expect(polls.slice(0, 5).reduce((sum, each) => sum + each)).toBe(10_000);
    expect(peak(5, 3_600)).toBeLessThan(2 * usual);
  });

  it('poll as often as they are asked to, an hour later', () => {
    const lastPeriod = polls.slice(3_300, 3_600).reduce((sum, each) => sum + each);
    expect(lastPeriod).toBeGreaterThan(9_500);
    expect(lastPeriod).toBeLessThan(10_200);
  });
});

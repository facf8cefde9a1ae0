import { describe, expect, it } from 'vitest';
import { seededChance } from './index.ts';

const story = (...seed: (string | number)[]) => {
  const chance = seededChance(...seed);
  return Array.from({ length: 1_000 }, () => chance.next());
};

describe('chance', () => {
  it('tells the same story for the same seed, and another for each other', () => {
    expect(story(7, 'device', 1)).toEqual(story(7, 'device', 1));
    const others = [story(7, 'device', 1), story(7, 'device', 2), story(8, 'device', 1), story(7, 'device1')];
    expect(new Set(others.map(([first]) => first)).size).toBe(others.length);
  });

  it('is spread evenly over [0, 1)', () => {
    const told = story(1);
    expect(told.every((number) => number >= 0 && number < 1)).toBe(true);
    for (let tenth = 0; tenth < 10; tenth++)
      expect(told.filter((number) => Math.floor(number * 10) === tenth).length).toBeGreaterThan(60);
  });

  it('happens never at 0 and always at 1, and stays between its bounds', () => {
    const chance = seededChance('bounds');
    for (let round = 0; round < 1_000; round++) {
      expect([chance.happens(0), chance.happens(1)]).toEqual([false, true]);
      const between = chance.between(-2, 3);
      expect(between >= -2 && between < 3).toBe(true);
    }
  });
});

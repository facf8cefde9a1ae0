import { describe, expect, it } from 'vitest';
import { type Fate, fateOf, NO_FAULTS } from './faults.ts';

const POSTS = 20_000;

function fates(faults: Partial<typeof NO_FAULTS>, seed = 1): Fate[] {
  return Array.from({ length: POSTS }, (_, n) => fateOf({ ...NO_FAULTS, ...faults }, seed, '295000000065543', n));
}

describe('the fate of a post', () => {
  it('is to be published at once, and once, where nothing else is said', () => {
    expect(fates({}).every((fate) => fate.kind === 'published' && fate.when === 'at-once' && !fate.copyAfterMs)).toBe(
      true,
    );
  });

  it.each([
    ['lose', (fate: Fate) => fate.kind === 'lost'],
    ['refuse', (fate: Fate) => fate.kind === 'refused'],
    ['delay', (fate: Fate) => fate.kind === 'published' && fate.when === 'delayed'],
    ['reorder', (fate: Fate) => fate.kind === 'published' && fate.when === 'overtaken'],
    ['double', (fate: Fate) => fate.kind === 'published' && fate.copyAfterMs !== undefined],
  ] as const)('is %s as often as told', (fault, suffered) => {
    expect(fates({ [fault]: 0.05 }).filter(suffered).length / POSTS).toBeCloseTo(0.05, 2);
    expect(fates({ [fault]: 1 }).every(suffered)).toBe(true);
  });

  it('is the same for the same seed, SIM and number, and another for another seed', () => {
    const faults = { lose: 0.1, double: 0.1, reorder: 0.1 };
    expect(fates(faults)).toEqual(fates(faults));
    expect(fates(faults, 2)).not.toEqual(fates(faults, 1));
  });

  it('keeps nothing back longer than told', () => {
    for (const fate of fates({ delay: 1, double: 1, delayMs: 50 })) {
      expect(fate).toMatchObject({ kind: 'published' });
      if (fate.kind !== 'published') continue;
      expect(fate.delayMs).toBeLessThan(50);
      expect(fate.copyAfterMs).toBeLessThan(50);
    }
  });
});

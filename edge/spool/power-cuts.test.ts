import { describe, expect, it } from 'vitest';
import type { SpoolOptions } from './options.ts';
import { runPowerCuts } from './testing/power-cut-run.ts';

const SEEDS = [1, 2, 3];

describe('a spool whose power is cut again and again while it measures and sends', () => {
  it.each<[string, Partial<SpoolOptions>]>([
    ['in order', {}],
    ['live first', { order: 'live-first', liveMs: 3_000 }],
    ['keeping what is sent until it is confirmed', { keepUntilConfirmed: true }],
    ['keeping, live first', { keepUntilConfirmed: true, order: 'live-first', liveMs: 3_000 }],
  ])('loses nothing that it promised and counts nothing twice (%s)', async (_name, options) => {
    for (const seed of SEEDS) {
      const outcome = await runPowerCuts(seed, 12, options);
      expect(outcome, `seed ${seed}`).toMatchObject({ lost: 0, doubled: 0 });
      expect(outcome.promised).toBeGreaterThan(100);
      expect(outcome.repeated).toBeGreaterThan(0);
    }
  });
});

import { describe, expect, it } from 'vitest';
import { type BadImage, badImages, GOOD } from './image.ts';
import { playRollout } from './rollout.ts';

const HOUR = 3_600_000;
const AT = Date.UTC(2026, 5, 1);
/** Small enough for a test; `npm run bench:fleet -- --only gate` plays 2,000 devices and hundreds of rollouts. */
const small = {
  devices: 250,
  at: AT,
  pastMs: 25 * HOUR,
  soakMs: 8 * HOUR,
  waves: [10, '10 %', '100 %'] as const,
};

describe('a rollout over the model of a field', () => {
  it.each([1, 2])('lets a good image reach all that can be reached (seed %i)', (seed) => {
    const { outcome, touched } = playRollout({ ...small, seed, effect: GOOD });
    expect(outcome).toBe('completed');
    expect(touched).toBeGreaterThan(235);
  });

  it.each<[BadImage, string]>([
    ['drops-readings', 'rate'],
    ['wrong-clock', 'clock'],
    ['silent-after-six-hours', 'silence'],
    ['loses-readings', 'completeness'],
    ['spool-grows', 'spool'],
  ])('halts %s in the canary, by its %s', (image, signal) => {
    const { outcome, wave, touched, ...halted } = playRollout({
      ...small,
      seed: 1,
      effect: badImages('13', 'tashika-rpi4')[image],
    });
    expect({ outcome, wave, touched: touched <= 10, signal: halted.signal }).toEqual({
      outcome: 'halted',
      wave: 1,
      touched: true,
      signal,
    });
  });

  it('waits while the network of a region is out, and rolls nothing back', () => {
    const from = AT + 28 * HOUR;
    const outages = [{ region: '13', from, until: from + 3 * HOUR }];
    const { outcome, pausedIn, pausedMs } = playRollout({ ...small, seed: 1, effect: GOOD, outages });
    expect(outcome).toBe('completed');
    expect(pausedIn).toContain('13');
    expect(pausedMs / HOUR).toBeGreaterThan(2.5);
  });

  it('tells the same story for the same seed', () => {
    const play = () => playRollout({ ...small, seed: 4, effect: GOOD, waves: [10] });
    expect(play()).toEqual(play());
  });
});

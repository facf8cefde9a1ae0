import { expect, it } from 'vitest';
import { watermarkHealth } from './freshness.ts';

it('a watermark lags when it keeps minutes open for a minute and more', () => {
  expect(watermarkHealth(1_000_000, 1_060_000)).toBe('current');
  expect(watermarkHealth(1_000_000, 1_060_001)).toBe('lagging');
});

it('no watermark is not the same as a late one', () => {
  expect(watermarkHealth(null, 1_000_000)).toBe('absent');
});

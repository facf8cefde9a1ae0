import { expect, it } from 'vitest';
import { fingerprintIn, fingerprintOf } from './index.ts';

it('is the beginning of the SHA-256', () => {
  // printf abc | sha256sum
  expect(fingerprintOf('abc')).toBe('sha256:ba7816bf8f01');
  expect(fingerprintOf('abd')).not.toBe(fingerprintOf('abc'));
});

it('is found in a text that speaks of one, and no part of a longer digest is', () => {
  expect(fingerprintIn('Key of Funnel [tashika sha256:0123456789ab]')).toBe('sha256:0123456789ab');
  expect(fingerprintIn('sha256:0123456789abcdef')).toBeUndefined();
  expect(fingerprintIn('no key')).toBeUndefined();
  expect(fingerprintIn(undefined)).toBeUndefined();
});

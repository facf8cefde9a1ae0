import { expect, it } from 'vitest';
import { formatImageName, parseImageName } from './index.ts';

it.each(['agent/1.5.0', 'system/13.1+deb13u2~rc1-2', 'agent/0'])('%s is an image', (text) => {
  expect(formatImageName(parseImageName(text)!)).toBe(text);
});

it.each([
  '',
  '1.5.0',
  'agent',
  'agent/',
  'agent/latest',
  'firmware/1.5.0',
  'agent/1.5.0/x',
  'agent/1 5',
  `agent/${'1'.repeat(65)}`,
])('%j is none', (text) => {
  expect(parseImageName(text)).toBeUndefined();
});

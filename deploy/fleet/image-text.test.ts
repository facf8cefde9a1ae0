import type { ImageRecord } from '@tashika/shared/image';
import { expect, it } from 'vitest';
import { scanOf } from './image-text.ts';

const scanned = (...scores: readonly (number | null)[]) =>
  scanOf({
    scan: {
      status: 'scanned',
      ...{ scanner: 'advisories.json', advisoriesOf: '2026-11-01T00:00:00Z', gate: { mostCvss: 7, passed: true } },
      found: scores.map((cvss, index) => ({ id: `CVE-2026-${index}`, package: 'openssl', version: '3.5.1', cvss })),
    },
  } as unknown as ImageRecord);

it.each([
  [[], 'nothing known'],
  [[5.3, 7], '2 known, CVSS 7 at most'],
  [[5.3, null, null], '3 known, CVSS 5.3 at most, 2 without a score'],
  [[null, null], '2 known, without a score'],
])('a scan that found scores of %j reads: %s', (scores, said) => {
  expect(scanned(...scores)).toBe(said);
});

import type { SequenceRange } from '@tashika/shared/sequence';
import { expect, it } from 'vitest';
import { receiptOf } from './index.ts';

const figures = { imsi: '295000000000007', stream: 'a', received: 4, lost: 0, held: 0 };

it('names what is missing up to the highest number known', () => {
  const missing: SequenceRange[] = [[3, 4]];
  expect(receiptOf('a', { ...figures, through: 6, missing, missingReadings: 2 })).toEqual({
    stream: 'a',
    through: 6,
    missing: [[3, 4]],
  });
});

it('ends with the last missing range that it names, where there are more', () => {
  const missing: SequenceRange[] = [
    [3, 4],
    [9, 12],
  ];
  expect(receiptOf('a', { ...figures, through: 90, missing, missingReadings: 7 })).toEqual({
    stream: 'a',
    through: 12,
    missing,
  });
});

it('is empty for a stream that nothing came from', () => {
  expect(receiptOf('a', undefined)).toEqual({ stream: 'a', through: 0, missing: [] });
});

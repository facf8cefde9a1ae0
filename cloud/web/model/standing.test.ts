import { expect, it } from 'vitest';
import type { ReadyCondition } from './contract.ts';
import { standingOf } from './standing.ts';

function still(partition: string, since: string): ReadyCondition {
  return { type: 'InputPartitionNotProgressing', partition, since: `2026-06-01T${since}:00.000Z`, detail: '' };
}

it('names the partitions that stand still in order, and since when the first does', () => {
  expect(standingOf([still('10', '12:05'), still('2', '12:01'), still('7', '12:03')])).toEqual({
    partitions: ['2', '7', '10'],
    since: Date.UTC(2026, 5, 1, 12, 1),
  });
});

it('says nothing of partitions where another condition is', () => {
  expect(standingOf([])).toBeNull();
  expect(standingOf([{ type: 'StoreUnavailable', since: '2026-06-01T12:00:00.000Z', detail: '' }])).toBeNull();
});

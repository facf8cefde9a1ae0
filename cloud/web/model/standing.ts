import type { Timestamp } from '@tashika/shared/time';
import type { ReadyCondition } from './contract.ts';

/** The partitions that stand still, by number, and since when the first of them has; null if none does. */
export interface Standing {
  readonly partitions: readonly string[];
  readonly since: Timestamp;
}

export function standingOf(conditions: readonly ReadyCondition[]): Standing | null {
  const standing = conditions.filter(isOfPartition);
  if (standing.length === 0) return null;
  return {
    partitions: standing
      .map(({ partition }) => partition ?? '?')
      .sort((a, b) => Number(a) - Number(b) || (a < b ? -1 : 1)),
    since: Math.min(...standing.map(({ since }) => Date.parse(since))),
  };
}

/** Whether a condition is of one partition; the others are of all. */
export function isOfPartition({ type }: ReadyCondition): boolean {
  return type === 'InputPartitionNotProgressing';
}

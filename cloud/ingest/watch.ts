import type { Duration } from '@tashika/shared/time';
import type { PartitionFacts } from './hub.ts';

/** How a partition stands, by what the hub and the store say about it. */
export type PartitionState =
  /** Everything that the hub has is committed. */
  | 'caught-up'
  /** There is more, and it is coming in. */
  | 'behind'
  /** There is more, and nothing has been committed for too long. */
  | 'stalled'
  /** The hub's numbers end before the checkpoint: it was made anew, and its events would pass for committed ones. */
  | 'rewound';

export interface PartitionStanding {
  readonly partitionId: string;
  /** The last event committed; null before the first. */
  readonly position: number | null;
  readonly state: PartitionState;
  /** The hub's last event; null where it has none. */
  readonly lastEnqueued: number | null;
  /** Events that the hub has and the store has not. */
  readonly backlog: number;
  /**
   * On the monotonic clock: when this reader was seen to progress for the last time, or seen first. It is what the
   * reader's patience is measured by; since when the partition itself stands still is in the store.
   */
  readonly progressedAt: Duration;
}

/** What there is to know about a partition when it is looked at. */
export interface Observation {
  readonly partitionId: string;
  readonly position: number | null;
  readonly facts: PartitionFacts;
  readonly monotonic: Duration;
}

/** Judges a partition from what is observed and how it stood before. */
export function standingOf(
  before: PartitionStanding | undefined,
  { partitionId, position, facts, monotonic }: Observation,
  stalledAfterMs: Duration,
): PartitionStanding {
  const { isEmpty, lastEnqueued } = facts;
  const backlog = isEmpty ? 0 : Math.max(0, lastEnqueued - (position ?? -1));
  const moved = !before || before.position !== position || backlog === 0;
  const progressedAt = moved ? monotonic : before.progressedAt;
  const standing = { partitionId, position, lastEnqueued: isEmpty ? null : lastEnqueued, backlog, progressedAt };
  // An empty partition may tell any number as its last.
  if (!isEmpty && position !== null && lastEnqueued < position) return { ...standing, state: 'rewound' };
  if (backlog === 0) return { ...standing, state: 'caught-up' };
  return { ...standing, state: monotonic - progressedAt >= stalledAfterMs ? 'stalled' : 'behind' };
}

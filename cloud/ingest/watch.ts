import type { Duration, Timestamp } from '@tashika/shared/time';
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
  /** Events that the hub has and the store has not. */
  readonly backlog: number;
  /** On the monotonic clock: when the position moved, or there was nothing more, for the last time. */
  readonly progressedAt: Duration;
  /** Wall time of the same. */
  readonly since: Timestamp;
}

/** What there is to know about a partition when it is looked at. */
export interface Observation {
  readonly partitionId: string;
  readonly position: number | null;
  readonly facts: PartitionFacts;
  readonly monotonic: Duration;
  readonly now: Timestamp;
}

/** Judges a partition from what is observed and how it stood before. */
export function standingOf(
  before: PartitionStanding | undefined,
  { partitionId, position, facts, monotonic, now }: Observation,
  stalledAfterMs: Duration,
): PartitionStanding {
  const { isEmpty, lastEnqueued } = facts;
  const backlog = isEmpty ? 0 : Math.max(0, lastEnqueued - (position ?? -1));
  const moved = !before || before.position !== position || backlog === 0;
  const progressedAt = moved ? monotonic : before.progressedAt;
  const since = moved ? now : before.since;
  const standing = { partitionId, position, backlog, progressedAt, since };
  // An empty partition may tell any number as its last.
  if (!isEmpty && position !== null && lastEnqueued < position) return { ...standing, state: 'rewound' };
  if (backlog === 0) return { ...standing, state: 'caught-up' };
  return { ...standing, state: monotonic - progressedAt >= stalledAfterMs ? 'stalled' : 'behind' };
}

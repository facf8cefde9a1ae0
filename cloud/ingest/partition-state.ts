import type { Duration, Timestamp } from '@tashika/shared/time';
import type { WatchedPartition } from './watch-rows.ts';

/** How a partition stands, by what its workers last saw of it. */
export type PartitionState =
  /** It commits, or has nothing to commit. */
  | { readonly status: 'progressing' }
  | {
      readonly status: PartitionFault;
      /** When it last moved on, or was last looked at. */
      readonly since: Timestamp;
      /** What is the matter, in a sentence. */
      readonly detail: string;
    };

/** What keeps a partition from moving on, the gravest first. */
export const PARTITION_FAULTS = ['rewound', 'stalled', 'standing', 'waiting'] as const;
export type PartitionFault = (typeof PARTITION_FAULTS)[number];

/** @param stalledAfterMs for how long a partition may have events and commit none, or not be looked at */
export function partitionState(partition: WatchedPartition, now: Timestamp, stalledAfterMs: Duration): PartitionState {
  const { position, lastEnqueued, backlog, lookedAt } = partition;
  const since = partition.since ?? partition.progressedAt ?? now;
  if (lookedAt === null) return { status: 'waiting', since, detail: 'No worker has looked at this partition yet.' };
  if (position !== null && lastEnqueued !== null && lastEnqueued < position) {
    const detail = `The hub ends at event ${lastEnqueued}, and ${position} was committed: it is not the hub that was read.`;
    return { status: 'rewound', since, detail };
  }
  if (backlog > 0 && now - since >= stalledAfterMs) {
    const last = position === null ? 'none ever was' : `the last one that was is ${position}`;
    return { status: 'stalled', since, detail: `The hub has ${backlog} events that are not committed; ${last}.` };
  }
  if (now - lookedAt >= stalledAfterMs)
    return { status: 'standing', since: lookedAt, detail: 'No worker has looked at this partition since.' };
  return { status: 'progressing' };
}

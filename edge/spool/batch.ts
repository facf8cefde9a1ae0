import type { SequenceRanges } from '@tashika/shared/sequence';
import type { SpooledReading } from './reading.ts';

/** How much the reader wants at once. */
export interface BatchLimit {
  readonly bytes: number;
  /** What one reading costs of `bytes`. */
  readonly sizeOf: (reading: SpooledReading) => number;
  /** Whether two readings may go into one batch. */
  readonly together: (first: SpooledReading, next: SpooledReading) => boolean;
  /**
   * False: only what is live, because the backlog has had its share of the link for now. `first`: it is the backlog's
   * turn, whatever the order. Left out: everything, in the spool's order.
   */
  readonly backlog?: false | 'first';
}

/** Readings in the order of their numbers, without a gap; and the losses that are still to be told. */
export interface Batch {
  readonly stream: string;
  /** Number of the first reading; without readings, the number that would come next. */
  readonly first: number;
  /** May be empty when there are only losses to tell. */
  readonly readings: readonly SpooledReading[];
  /**
   * Readings of the stream that were never posted and of which the cloud can't know yet: behind `through`. Those before
   * it, which an earlier post went past, the cloud sees as missing by itself.
   */
  readonly held: number;
  /** The highest number that the cloud knows of once it has this batch and all that were posted before. */
  readonly through: number;
  readonly lost: SequenceRanges;
  /** Whether waiting would not make it longer. */
  readonly full: boolean;
  /** Whether its readings have waited for long: an outage or a restart lies between. */
  readonly backlog: boolean;
}

/** Most ranges told in one post; the others are told in the next. */
export const MAX_TOLD = 64;

/** The batch without what comes after its first `count` readings. */
export function firstOf(batch: Batch, count: number): Batch {
  if (count >= batch.readings.length) return batch;
  const last = batch.first + batch.readings.length - 1;
  // Only if nothing beyond the batch is known to the cloud are the readings left out news to it.
  const held = batch.through === last ? batch.held + batch.readings.length - count : batch.held;
  const through = batch.through === last ? batch.first + count - 1 : batch.through;
  return { ...batch, readings: batch.readings.slice(0, count), held, through, full: true };
}

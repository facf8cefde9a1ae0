import type { SequenceRanges } from '@tashika/shared/sequence';
import type { SpooledReading } from './reading.ts';

/** How much the reader wants at once. */
export interface BatchLimit {
  readonly bytes: number;
  /** What one reading costs of `bytes`. */
  readonly sizeOf: (reading: SpooledReading) => number;
  /** Whether two readings may go into one batch. */
  readonly together: (first: SpooledReading, next: SpooledReading) => boolean;
}

/** Readings in the order of their numbers, without a gap; and the losses that are still to be told. */
export interface Batch {
  readonly stream: string;
  /** Number of the first reading; without readings, the number that would come next. */
  readonly first: number;
  /** May be empty when there are only losses to tell. */
  readonly readings: readonly SpooledReading[];
  /** Readings of the stream that wait behind this batch. */
  readonly held: number;
  readonly lost: SequenceRanges;
  /** Whether waiting would not make it longer. */
  readonly full: boolean;
}

/** Most ranges told in one post; the others are told in the next. */
export const MAX_TOLD = 64;

/** The batch without what comes after its first `count` readings. */
export function firstOf(batch: Batch, count: number): Batch {
  if (count >= batch.readings.length) return batch;
  return {
    ...batch,
    readings: batch.readings.slice(0, count),
    held: batch.held + batch.readings.length - count,
    full: true,
  };
}

import type { Clock, Duration } from '@tashika/shared/time';
import type { NewerStream } from './format.ts';
import type { DiskMeter } from './metered-files.ts';
import type { Reporter } from './report.ts';
import type { SegmentFiles } from './segment-files.ts';

/** What is given up when the spool is full: file by file from the oldest, what comes new, or every other reading. */
export type FullPolicy = 'drop-oldest' | 'drop-newest' | 'thin-out';

/** `live-first`: what is taken now goes before what waited through an outage, which is sent in between. */
export type ReadOrder = 'in-order' | 'live-first';

export interface SpoolOptions {
  readonly files: SegmentFiles;
  readonly clock: Clock;
  /** The boot that the readings' monotonic times belong to. */
  readonly bootId: string;
  readonly report: Reporter;
  /** Most bytes of segments on the disk; at least four times `segmentBytes`. */
  readonly maxBytes: number;
  readonly segmentBytes: number;
  /** A reading is forced onto the disk after this time, or when so many readings wait. */
  readonly fsyncMs: Duration;
  readonly fsyncReadings: number;
  /** Most bytes of readings in memory while the disk takes none. */
  readonly memoryBytes: number;
  readonly policy: FullPolicy;
  /** With `thin-out`, one reading in so many of each sensor is kept. Left out: 2. */
  readonly keepEvery?: number | undefined;
  /** Left out: `in-order`. */
  readonly order?: ReadOrder | undefined;
  /** Readings that wait for longer than this are backlog. Left out: a minute. */
  readonly liveMs?: Duration | undefined;
  /** Keep what the link has accepted until `confirm` says that the cloud has it. */
  readonly keepUntilConfirmed?: boolean | undefined;
  /**
   * Most bytes of segments that wait for nothing but that; beyond, and when the spool is full, the oldest go. Left out:
   * a quarter of `maxBytes`.
   */
  readonly unconfirmedBytes?: number | undefined;
  /** How long they wait at most, since they were sent or the process started. Left out: a week. */
  readonly unconfirmedMs?: Duration | undefined;
  /** Readings that are older are given up. Left out: none is. */
  readonly maxAgeMs?: Duration | undefined;
  /** Whether the wall clock is right now, without which the age of another boot's readings is not known. Left out: never. */
  readonly synced?: (() => boolean) | undefined;
  /** Counts what the files are asked to write. */
  readonly meter?: DiskMeter | undefined;
  /** Bytes in whole blocks that a day may write before somebody is told; storing goes on. Left out: nobody is. */
  readonly dailyWriteBytes?: number | undefined;
}

export interface SpoolFigures {
  readonly stream: string;
  /** Readings since the start: taken in, and given up (of this start or found missing from before). */
  readonly appended: number;
  readonly lost: number;
  /** Readings that wait for the link and were never posted, in all streams. */
  readonly held: number;
  /** Readings that the link has accepted and the cloud has not confirmed; 0 where that is not waited for. */
  readonly unconfirmed: number;
  /** Bytes of files that wait for nothing but that; up to a second old. */
  readonly unconfirmedBytes: number;
  /** Readings that wait to be sent again, because the cloud says that they never came. */
  readonly again: number;
  /** Streams of a newer format, which wait untouched for the agent that wrote them; `diskBytes` is without them. */
  readonly newer: readonly NewerStream[];
  readonly diskBytes: number;
  readonly memoryBytes: number;
  /** Whether the disk refuses to be written. */
  readonly diskRefuses: boolean;
  /** Whether the day's writes are more than the budget for them. */
  readonly writeBudgetSpent: boolean;
}

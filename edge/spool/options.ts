import type { Clock, Duration } from '@tashika/shared/time';
import type { Reporter } from './report.ts';
import type { SegmentFiles } from './segment-files.ts';

export type FullPolicy = 'drop-oldest' | 'drop-newest';

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
}

export interface SpoolFigures {
  readonly stream: string;
  /** Readings since the start: taken in, and given up (of this start or found missing from before). */
  readonly appended: number;
  readonly lost: number;
  /** Readings that wait for the link, in all streams. */
  readonly held: number;
  readonly diskBytes: number;
  readonly memoryBytes: number;
  /** Whether the disk refuses to be written. */
  readonly diskRefuses: boolean;
}

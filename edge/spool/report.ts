import type { SequenceRanges } from '@tashika/shared/sequence';
import type { NewerStream } from './format.ts';

/** What a person should know of the spool; the agent logs each. */
export type SpoolReport =
  /** A crash left an unfinished record at the end of a segment; nothing durable was in it. */
  | { readonly kind: 'torn-tail'; readonly file: string; readonly bytes: number }
  /** Bytes in a segment do not check. The readings around them go on; the file is set aside when it is read. */
  | { readonly kind: 'segment-corrupt'; readonly file: string; readonly bytes: number }
  /** A corrupt segment was moved here instead of being deleted. */
  | { readonly kind: 'segment-set-aside'; readonly file: string; readonly bytes: number }
  /** A file that was set aside was deleted to make room for readings. */
  | { readonly kind: 'set-aside-removed'; readonly file: string; readonly bytes: number }
  /** The folder of a stream that is done with can't be removed: others put files there, or the disk refuses. */
  | { readonly kind: 'folder-left'; readonly folder: string; readonly error: unknown }
  /** Numbers were given up, and the cloud will be told. */
  | { readonly kind: 'lost'; readonly stream: string; readonly ranges: SequenceRanges; readonly why: LossReason }
  /** A new stream began; `why` says what made the old one unsafe to go on with. */
  | {
      readonly kind: 'new-stream';
      readonly stream: string;
      readonly why: 'first' | 'state-corrupt' | 'tail-missing' | 'newer-format';
    }
  /** A stream was written by a newer agent in a format that this one can't read. It is left as it is. */
  | ({ readonly kind: 'newer-left' } & NewerStream)
  /** The day has written more than its budget; storing goes on, and wears the card faster than somebody meant it to. */
  | { readonly kind: 'write-budget-spent'; readonly bytes: number; readonly budget: number }
  /** The disk takes nothing; readings wait in memory. */
  | { readonly kind: 'disk-refuses'; readonly error: unknown }
  | { readonly kind: 'disk-recovered' };

/**
 * Why readings were given up. `unconfirmed`: the link took them, but the cloud never had them, and the disk has them no
 * more. `too-old` and `thinned-out` are what the configuration asks for.
 */
export type LossReason =
  | 'spool-full'
  | 'memory-full'
  | 'corrupt'
  | 'process-ended'
  | 'refused'
  | 'unconfirmed'
  | 'too-old'
  | 'thinned-out';

export type Reporter = (report: SpoolReport) => void;

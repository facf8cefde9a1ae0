import type { ClockQuality } from '@tashika/shared/telemetry';
import type { Duration, Timestamp } from '@tashika/shared/time';

/** What was noted of the clocks when a reading was taken. */
export interface Stamp {
  readonly bootId: string;
  /** Monotonic time of that boot. */
  readonly monotonicMs: Duration;
  /** The wall clock at that moment, right or wrong. */
  readonly wallMs: Timestamp;
  /** Whether the wall clock was synchronised at that moment. */
  readonly synced: boolean;
}

/** The clocks at the moment of sending. */
export interface Moment {
  readonly bootId: string;
  readonly monotonicMs: Duration;
  readonly wallMs: Timestamp;
  readonly synced: boolean;
}

/**
 * How a reading's time can be known, decided by its stamp and the present boot alone, so that it does not change
 * between two attempts to send: `recorded` right when it was taken; `datable` by the monotonic clock of this boot;
 * `undatable` from another boot whose clock was never set.
 */
export type Datability = 'recorded' | 'datable' | 'undatable';

export function datability(stamp: Stamp, bootId: string): Datability {
  if (stamp.synced) return 'recorded';
  return stamp.bootId === bootId ? 'datable' : 'undatable';
}

/** The clock quality of a post of such readings, sent at a moment. */
export function qualityOf(datability: Datability, now: Pick<Moment, 'synced'>): ClockQuality {
  if (datability === 'recorded') return 'synced';
  if (datability === 'undatable') return 'uncertain';
  return now.synced ? 'synced' : 'relative';
}

/** SenML can't say an absolute time before this one: smaller numbers are ages (RFC 8428, section 4.5.3). */
const EARLIEST_ABSOLUTE: Timestamp = 2 ** 28 * 1000;

/** A reading's time as it is sent: Unix milliseconds, or how long ago it was, in milliseconds. */
export type EventTime = { readonly at: Timestamp } | { readonly ago: Duration };

/**
 * The time of a reading that is sent `now`. A clock that was right when the reading was taken is believed; otherwise
 * the age by the monotonic clock of this boot is exact, and becomes a time as soon as the wall clock is right. What
 * is left is another boot's unset clock: its word is passed on, marked `uncertain` by the post, but never as a time
 * in the future, and never as one that SenML would take for an age.
 */
export function eventTime(stamp: Stamp, now: Moment): EventTime {
  const kind = datability(stamp, now.bootId);
  if (kind === 'recorded') return { at: stamp.wallMs };
  if (kind === 'datable') {
    const ago = Math.max(0, now.monotonicMs - stamp.monotonicMs);
    return now.synced ? { at: now.wallMs - ago } : { ago };
  }
  if (stamp.wallMs < EARLIEST_ABSOLUTE) return { ago: 0 };
  return stamp.wallMs > now.wallMs ? { ago: 0 } : { at: stamp.wallMs };
}

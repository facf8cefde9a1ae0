import { randomBytes } from 'node:crypto';
import type { SequenceRange } from '../sequence/index.ts';
import type { SenmlRecord } from './senml.ts';

export const WIRE_VERSION = 1;

/**
 * How far a post's times can be trusted: `synced` absolute times of a synchronised clock; `relative` ages, exact
 * by the device's monotonic clock; `uncertain` times that could not be corrected (another boot, never synced).
 */
export type ClockQuality = 'synced' | 'relative' | 'uncertain';

export const CLOCK_QUALITIES: readonly string[] = ['synced', 'relative', 'uncertain'] satisfies ClockQuality[];

/** Wire format v1: what a device posts. One post is one Event Hubs event. */
export interface Post {
  readonly v: typeof WIRE_VERSION;
  /** Region, JIS X 0401 code. */
  readonly pref: string;
  /** Identity of the spool: 64 random bits, base64url. A new spool is a new stream. */
  readonly stream: string;
  /** Sequence number of the pack's first reading, from 1; the others count on from it. */
  readonly seq: number;
  /** Readings still in the spool after this post, behind the highest number posted: no gap shows those. */
  readonly held: number;
  /** Ranges of sequence numbers that the spool had to give up. */
  readonly lost?: readonly SequenceRange[];
  readonly clock?: ClockQuality;
  readonly pack: readonly SenmlRecord[];
}

/** A stream identity: 64 random bits, base64url (11 characters). */
export function newStream(): string {
  return randomBytes(8).toString('base64url');
}

/** Whether a payload's `stream` can be one: 1 to 64 characters of base64url. */
export function isStream(value: unknown): value is string {
  return typeof value === 'string' && value.length >= 1 && value.length <= 64 && /^[A-Za-z0-9_-]+$/.test(value);
}

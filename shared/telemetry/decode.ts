import { type RegionCode, resolveRegion } from '../regions/index.ts';
import { normalise, type SequenceRange, type SequenceRanges } from '../sequence/index.ts';
import type { Timestamp } from '../time/index.ts';
import { type Decoded, refused, shown } from './dead-letter.ts';
import { CLOCK_QUALITIES, type ClockQuality, isStream, WIRE_VERSION } from './post.ts';
import { type DecodedReading, resolvePack } from './senml.ts';

/**
 * Lost ranges that one post may tell; an agent tells 64 at most, the others in the posts after it. Every commit of
 * a stream reads and writes all that its ledger row has, so that without a bound one device could slow them all.
 */
const MOST_LOST_RANGES = 1_000;

/** A payload that can be counted. */
export interface DecodedPost {
  readonly region: RegionCode;
  /** `null` for the source talk's own message, which has no sequence. */
  readonly stream: string | null;
  /** Sequence number of the first reading; 0 without a stream. */
  readonly seq: number;
  /** Readings still in the device's spool; `null` where the post does not say. */
  readonly held: number | null;
  readonly lost: SequenceRanges;
  readonly clock: ClockQuality | null;
  readonly readings: readonly DecodedReading[];
}

/**
 * Decodes a payload: wire format v1, or the source talk's own message, an object with `pref` and no `v`, which is
 * one reading at `now`. Fields that v1 does not know are passed over.
 *
 * @param now the envelope's timestamp, Unix milliseconds: what relative times refer to
 */
export function decodePayload(payload: unknown, now: Timestamp): Decoded<DecodedPost> {
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload))
    return refused('not-an-object', `The payload must be a JSON object, found ${shown(payload)}.`);
  const { v, pref, stream, seq, held, lost, clock, pack } = payload as Record<string, unknown>;
  if (v !== undefined && v !== WIRE_VERSION)
    return refused('unsupported-version', `v must be ${WIRE_VERSION}, found ${shown(v)}.`);
  const region = resolveRegion(pref);
  if (region === undefined)
    return refused('unknown-region', `pref must name one of the 47 prefectures, such as "13", found ${shown(pref)}.`);
  if (v === undefined) return { ok: true, value: talkMessage(region, now) };

  if (!isStream(stream))
    return refused('invalid-stream', `stream must be 1 to 64 characters of base64url, found ${shown(stream)}.`);
  if (!isWhole(seq, 1))
    return refused('invalid-sequence', `seq must be a whole number from 1 on, found ${shown(seq)}.`);
  if (held !== undefined && !isWhole(held, 0))
    return refused('invalid-held', `held must be a whole number from 0 on, found ${shown(held)}.`);
  const lostRanges = decodeLost(lost);
  if (!lostRanges.ok) return lostRanges;
  const readings = resolvePack(pack, now);
  if (!readings.ok) return readings;
  if (!Number.isSafeInteger(seq + readings.value.length))
    return refused('invalid-sequence', `seq ${seq} leaves no room for ${readings.value.length} readings.`);
  return {
    ok: true,
    value: {
      region,
      stream,
      seq,
      held: held ?? null,
      lost: lostRanges.value,
      clock: typeof clock === 'string' && CLOCK_QUALITIES.includes(clock) ? (clock as ClockQuality) : null,
      readings: readings.value,
    },
  };
}

function talkMessage(region: RegionCode, now: Timestamp): DecodedPost {
  const reading: DecodedReading = { name: '', unit: '', value: null, time: now };
  return { region, stream: null, seq: 0, held: null, lost: [], clock: null, readings: [reading] };
}

function decodeLost(lost: unknown): Decoded<SequenceRanges> {
  if (lost === undefined) return { ok: true, value: [] };
  if (!Array.isArray(lost))
    return refused('invalid-lost', `lost must be a list of [first, last] ranges, found ${shown(lost)}.`);
  if (lost.length > MOST_LOST_RANGES)
    return refused('invalid-lost', `lost must be at most ${MOST_LOST_RANGES} ranges a post, found ${lost.length}.`);
  for (const range of lost) {
    const right = Array.isArray(range) && range.length === 2 && isWhole(range[0], 1) && isWhole(range[1], range[0]);
    if (!right || range[1] === Number.MAX_SAFE_INTEGER)
      return refused(
        'invalid-lost',
        `A lost range must be [first, last] with 1 <= first <= last, found ${shown(range)}.`,
      );
  }
  return { ok: true, value: normalise(lost as SequenceRange[]) };
}

function isWhole(value: unknown, least: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= least;
}

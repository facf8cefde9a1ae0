import { count, normalise, type SequenceRange, type SequenceRanges, subtract } from '@tashika/shared/sequence';
import type { DecodedPost, DecodedReading } from '@tashika/shared/telemetry';
import { freshNumbers, type LedgerEntry, newEntry, withHeld, withLost, withReceived } from '../ledger/index.ts';
import { type Policy, type PolicyState, type WindowDelta, WindowDeltas } from '../windows/index.ts';
import type { OpenedEvent, Refusal } from './event.ts';
import { noteReading, type Sighting } from './sighting.ts';

/** The key of a device that Funnel does not name (`payloadsOnly`). */
export const UNKNOWN_IMSI = 'unknown';

/** What happened to one event. */
export interface EventOutcome {
  readonly fresh: number;
  readonly duplicates: number;
  readonly late: number;
  /** The latest time of its readings that are not too early; null where there is none. */
  readonly latestTime: number | null;
  /** Set when the event, or some of its readings, could not be counted. */
  readonly refusal: Refusal | null;
}

/**
 * Counts events: what each adds to the ledger, the windows and the devices. It holds what one commit writes, touches
 * nothing else, and asks no clock: the same events on the same ledger always come to the same.
 */
export class Tally {
  readonly windows = new WindowDeltas();
  readonly sightings = new Map<string, Sighting>();
  readonly #entries = new Map<string, LedgerEntry>();
  readonly #changed = new Set<string>();
  readonly #policy: Policy;
  readonly #state: PolicyState;

  /** @param entries the ledger's entries of every stream that the events name, locked */
  constructor(entries: readonly LedgerEntry[], policy: Policy, state: PolicyState) {
    for (const entry of entries) this.#entries.set(keyOf(entry.imsi, entry.stream), entry);
    this.#policy = policy;
    this.#state = state;
  }

  /** The entries that have to be written back. */
  changedEntries(): LedgerEntry[] {
    return [...this.#changed].map((key) => this.#entries.get(key)!);
  }

  /**
   * Counts one event's fresh readings.
   *
   * @param arrivedAt what its times are held against: when the hub took it, or now when it is driven again
   * @param again whether the event has been here before, so that a part of it may have been counted as a post
   */
  add(event: OpenedEvent, arrivedAt: number = event.arrived.enqueuedAt, again = false): EventOutcome {
    const { post } = event;
    if (!post) return { fresh: 0, duplicates: 0, late: 0, latestTime: null, refusal: event.refusal };
    const imsi = event.imsi ?? UNKNOWN_IMSI;
    const outcome =
      post.stream === null
        ? this.#addTalkMessage(event, post, imsi, arrivedAt)
        : this.#addPost(event, post, post.stream, imsi, arrivedAt, again);
    if (outcome.fresh > 0) this.sightings.get(imsi)!.posts++;
    return outcome;
  }

  /** A message without a stream has no number to be known by: each event is one reading. */
  #addTalkMessage(event: OpenedEvent, post: DecodedPost, imsi: string, arrivedAt: number): EventOutcome {
    const sighting = this.#sight(event, post, imsi);
    const reading = post.readings[0]!;
    const verdict = this.#policy(reading.time, arrivedAt, this.#state);
    if (verdict === 'too-early') {
      const detail = tooEarly('The event', reading, arrivedAt);
      return { fresh: 0, duplicates: 0, late: 0, latestTime: null, refusal: { reason: 'event-too-early', detail } };
    }
    this.windows.addReading(post.region, reading, verdict === 'late').events++;
    noteReading(sighting, reading);
    return { fresh: 1, duplicates: 0, late: verdict === 'late' ? 1 : 0, latestTime: reading.time, refusal: null };
  }

  #addPost(
    event: OpenedEvent,
    post: DecodedPost,
    stream: string,
    imsi: string,
    arrivedAt: number,
    again: boolean,
  ): EventOutcome {
    const sighting = this.#sight(event, post, imsi);
    const key = keyOf(imsi, stream);
    const entry = this.#entries.get(key) ?? newEntry(imsi, stream);
    const candidates = freshNumbers(entry, post.seq, post.readings.length);
    const duplicates = post.readings.length - count(candidates);
    let window: WindowDelta | undefined;
    let late = 0;
    let latestTime: number | null = null;
    const early: SequenceRange[] = [];
    let firstEarly: DecodedReading | undefined;
    for (const [first, last] of candidates) {
      for (let number = first; number <= last; number++) {
        const reading = post.readings[number - post.seq]!;
        const verdict = this.#policy(reading.time, arrivedAt, this.#state);
        if (verdict === 'too-early') {
          early.push([number, number]);
          firstEarly ??= reading;
          continue;
        }
        const delta = this.windows.addReading(post.region, reading, verdict === 'late');
        window ??= delta;
        if (verdict === 'late') late++;
        if (latestTime === null || reading.time > latestTime) latestTime = reading.time;
        noteReading(sighting, reading);
      }
    }
    if (window && !(again && duplicates > 0)) window.events++;
    const notCounted = normalise(early);
    const counted = early.length === 0 ? candidates : subtract(candidates, notCounted);
    const heldAt = Math.min(event.timestamp, arrivedAt);
    // A post that was all counted before may be an old one sent again: it knows nothing of the spool as it is now.
    const held = candidates.length > 0 || post.readings.length === 0 ? post.held : null;
    const next = withHeld(withLost(withReceived(entry, counted), post.lost), held, heldAt);
    if (next !== entry) {
      this.#entries.set(key, next);
      this.#changed.add(key);
    }
    return {
      fresh: count(counted),
      duplicates,
      late,
      latestTime,
      refusal: firstEarly ? earlyRefusal(notCounted, firstEarly, arrivedAt) : null,
    };
  }

  #sight(event: OpenedEvent, post: DecodedPost, imsi: string): Sighting {
    const seenAt = event.arrived.enqueuedAt;
    let sighting = this.sightings.get(imsi);
    if (!sighting) {
      sighting = { imsi, imei: null, region: post.region, seenAt, clock: null, posts: 0, readings: new Map() };
      this.sightings.set(imsi, sighting);
    }
    if (seenAt >= sighting.seenAt) {
      sighting.seenAt = seenAt;
      sighting.region = post.region;
      sighting.clock = post.clock ?? sighting.clock;
      sighting.imei = event.imei ?? sighting.imei;
    }
    return sighting;
  }
}

function keyOf(imsi: string, stream: string): string {
  return `${imsi}/${stream}`;
}

function earlyRefusal(early: SequenceRanges, first: DecodedReading, arrivedAt: number): Refusal {
  const numbers = early.map(([from, to]) => (from === to ? `${from}` : `${from}–${to}`));
  const detail = tooEarly(`Not counted: ${numbers.join(', ')}. The first`, first, arrivedAt);
  return { reason: 'event-too-early', detail };
}

function tooEarly(subject: string, reading: DecodedReading, arrivedAt: number): string {
  return `${subject} has the time ${new Date(reading.time).toISOString()} and arrived at ${new Date(arrivedAt).toISOString()}.`;
}

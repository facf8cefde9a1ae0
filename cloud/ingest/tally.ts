import { count, normalise, type SequenceRange, type SequenceRanges, subtract } from '@tashika/shared/sequence';
import type { DecodedPost, DecodedReading } from '@tashika/shared/telemetry';
import type { Timestamp } from '@tashika/shared/time';
import {
  freshNumbers,
  type LedgerEntry,
  MOST_RANGES,
  newEntry,
  staysBounded,
  withHeld,
  withLost,
  withReceived,
} from '../ledger/index.ts';
import {
  firstWindowEnd,
  isLate,
  isOutOfOrder,
  type Watermark,
  WindowDeltas,
  type WindowPolicy,
  windowEnds,
} from '../windows/index.ts';
import type { OpenedEvent, Refusal } from './event.ts';
import { noteReading, type Sighting } from './sighting.ts';

/** The key of a device that Funnel does not name (`payloadsOnly`). */
export const UNKNOWN_IMSI = 'unknown';

/** What happened to one event. */
export interface EventOutcome {
  /** Readings counted, each exactly once. */
  readonly fresh: number;
  /** Those among them that were counted at another time than their own. */
  readonly adjusted: number;
  /** Readings received, and counted in no window. */
  readonly dropped: number;
  readonly duplicates: number;
  /** Readings among the fresh ones that revised a final window. */
  readonly late: number;
  /** Whether one of its new readings arrived after the late tolerance. */
  readonly isLateInput: boolean;
  /** Whether one of its new readings was below its partition's watermark. */
  readonly isOutOfOrder: boolean;
  /** Its place in the watermark: the latest of the times at which its readings were counted; null if none was. */
  readonly latestTime: Timestamp | null;
  /** The own time of that reading. */
  readonly eventTime: Timestamp | null;
  /** Set when the event, or some of its readings, could not be counted. */
  readonly refusal: Refusal | null;
}

/** How an event comes to be counted. */
export interface Arrival {
  /** What its times are held against: when the hub took it, or now when it is driven again. */
  readonly arrivedAt: Timestamp;
  /** Its partition's watermark before it. */
  readonly watermark: Watermark;
  /** Whether the event has been here before, so that a part of it may have been counted as a post. */
  readonly again?: boolean;
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
  readonly #policy: WindowPolicy;
  readonly #combined: Watermark;
  readonly #countsAfter: Timestamp;

  /**
   * @param entries the ledger's entries of every stream that the events name, locked
   * @param combined the watermark that readers have seen, which made windows final
   * @param countsAfter windows up to that time are no longer kept: a reading from then is not counted
   */
  constructor(
    entries: readonly LedgerEntry[],
    policy: WindowPolicy,
    combined: Watermark,
    countsAfter: Timestamp = Number.NEGATIVE_INFINITY,
  ) {
    for (const entry of entries) this.#entries.set(keyOf(entry.imsi, entry.stream), entry);
    this.#policy = policy;
    this.#combined = combined;
    this.#countsAfter = countsAfter;
  }

  /** The entries that have to be written back. */
  changedEntries(): LedgerEntry[] {
    return [...this.#changed].map((key) => this.#entries.get(key)!);
  }

  /** Counts one event's fresh readings. */
  add(event: OpenedEvent, arrival: Arrival): EventOutcome {
    const { post } = event;
    if (!post) return { ...new Judged().outcome(0), refusal: event.refusal };
    const imsi = event.imsi ?? UNKNOWN_IMSI;
    const sighting = this.#sight(event, post, imsi);
    const outcome =
      post.stream === null
        ? this.#addTalkMessage(post, sighting, arrival)
        : this.#addPost(event, post, post.stream, sighting, arrival);
    if (outcome.fresh + outcome.dropped > 0) sighting.posts++;
    return outcome;
  }

  /** A message without a stream has no number to be known by: each event is one reading. */
  #addTalkMessage(post: DecodedPost, sighting: Sighting, arrival: Arrival): EventOutcome {
    const judged = new Judged();
    const reading = post.readings[0]!;
    if (!this.#judge(reading, post.region, sighting, arrival, judged)) {
      return { ...judged.outcome(0), refusal: this.#refusal('The event', reading, arrival.arrivedAt) };
    }
    this.#countPost(post.region, judged);
    return judged.outcome(0);
  }

  #addPost(event: OpenedEvent, post: DecodedPost, stream: string, sighting: Sighting, arrival: Arrival): EventOutcome {
    const { arrivedAt, again = false } = arrival;
    const key = keyOf(sighting.imsi, stream);
    const entry = this.#entries.get(key) ?? newEntry(sighting.imsi, stream);
    const candidates = freshNumbers(entry, post.seq, post.readings.length);
    if (this.#scatters(entry, post, candidates, arrival))
      return { ...new Judged().outcome(0), refusal: tooManyGaps(post) };
    const duplicates = post.readings.length - count(candidates);
    const judged = new Judged();
    const refused: SequenceRange[] = [];
    for (const [first, last] of candidates) {
      for (let number = first; number <= last; number++) {
        const reading = post.readings[number - post.seq]!;
        if (!this.#judge(reading, post.region, sighting, arrival, judged)) refused.push([number, number]);
      }
    }
    if (!(again && duplicates > 0)) this.#countPost(post.region, judged);
    const notReceived = normalise(refused);
    const received = refused.length === 0 ? candidates : subtract(candidates, notReceived);
    const heldAt = Math.min(event.timestamp, arrivedAt);
    // A post that was all counted before may be an old one sent again: it knows nothing of the spool as it is now.
    const held = candidates.length > 0 || post.readings.length === 0 ? post.held : null;
    const next = withHeld(withLost(withReceived(entry, received), post.lost), held, heldAt);
    if (next !== entry) {
      this.#entries.set(key, next);
      this.#changed.add(key);
    }
    if (refused.length === 0) return judged.outcome(duplicates);
    const first = post.readings[refused[0]![0] - post.seq]!;
    const subject = `Not counted: ${rangesOf(notReceived)}. The first`;
    return { ...judged.outcome(duplicates), refusal: this.#refusal(subject, first, arrivedAt) };
  }

  /** Whether a post would leave its stream's entry more scattered than it may be; such a post is not counted at all. */
  #scatters(
    entry: LedgerEntry,
    post: DecodedPost,
    candidates: SequenceRanges,
    { arrivedAt, watermark }: Arrival,
  ): boolean {
    const atMost = entry.received.length + entry.lost.length + post.readings.length + post.lost.length;
    if (atMost <= MOST_RANGES) return false;
    const received: SequenceRange[] = [];
    for (const [first, last] of candidates)
      for (let number = first; number <= last; number++) {
        const { time } = post.readings[number - post.seq]!;
        if (this.#policy.judge(time, arrivedAt, watermark) !== 'too-early' && time > this.#countsAfter)
          received.push([number, number]);
      }
    return !staysBounded(entry, withLost(withReceived(entry, normalise(received)), post.lost));
  }

  /** Judges one fresh reading and counts it where it belongs. False if it is too early or too old: not received. */
  #judge(
    reading: DecodedReading,
    region: string,
    sighting: Sighting,
    { arrivedAt, watermark }: Arrival,
    judged: Judged,
  ): boolean {
    const { tolerances } = this.#policy;
    const verdict = this.#policy.judge(reading.time, arrivedAt, watermark);
    if (verdict === 'too-early' || reading.time <= this.#countsAfter) return false;
    if (isLate(reading.time, arrivedAt, tolerances)) judged.isLateInput = true;
    if (isOutOfOrder(reading.time, arrivedAt, watermark, tolerances)) judged.isOutOfOrder = true;
    noteReading(sighting, reading);
    if (verdict === 'dropped') {
      judged.dropped++;
      return true;
    }
    const adjusted = verdict === 'adjusted';
    const time = adjusted ? this.#policy.adjusted(reading.time, arrivedAt, watermark) : reading.time;
    judged.count(reading.time, time, adjusted, this.#countReading(reading, region, time));
    return true;
  }

  /** Adds a reading to every window that `time` belongs to. True if one of them was final. */
  #countReading(reading: DecodedReading, region: string, time: Timestamp): boolean {
    const { windowing } = this.#policy;
    const { lengthMs, hopMs } = windowing;
    let late = false;
    for (let end = firstWindowEnd(time, windowing); end - lengthMs < time; end += hopMs) {
      const wasFinal = this.#policy.isFinal(end, this.#combined);
      this.windows.addReading(end, region, reading, wasFinal);
      late ||= wasFinal;
    }
    return late;
  }

  /** A post counts once in every window of its first reading. */
  #countPost(region: string, { firstTime }: Judged): void {
    if (firstTime === null) return;
    for (const end of windowEnds(firstTime, this.#policy.windowing)) this.windows.addEvent(end, region);
  }

  /** Why a reading was not counted: its device's clock is ahead, or its window is no longer kept. */
  #refusal(subject: string, { time }: DecodedReading, arrivedAt: Timestamp): Refusal {
    const own = `${subject} has the time ${new Date(time).toISOString()}`;
    return time <= this.#countsAfter
      ? {
          reason: 'event-too-old',
          detail: `${own}; windows are kept from ${new Date(this.#countsAfter).toISOString()} on.`,
        }
      : { reason: 'event-too-early', detail: `${own} and arrived at ${new Date(arrivedAt).toISOString()}.` };
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

/** What the readings of one event come to while they are judged one after the other. */
class Judged {
  fresh = 0;
  adjusted = 0;
  dropped = 0;
  late = 0;
  isLateInput = false;
  isOutOfOrder = false;
  /** The time at which the first of them was counted. */
  firstTime: Timestamp | null = null;
  latestTime: Timestamp | null = null;
  eventTime: Timestamp | null = null;

  count(eventTime: Timestamp, time: Timestamp, adjusted: boolean, late: boolean): void {
    this.fresh++;
    if (adjusted) this.adjusted++;
    if (late) this.late++;
    this.firstTime ??= time;
    if (this.latestTime !== null && time <= this.latestTime) return;
    this.latestTime = time;
    this.eventTime = eventTime;
  }

  outcome(duplicates: number): EventOutcome {
    const { fresh, adjusted, dropped, late, isLateInput, isOutOfOrder, latestTime, eventTime } = this;
    const counts = { fresh, adjusted, dropped, duplicates, late };
    return { ...counts, isLateInput, isOutOfOrder, latestTime, eventTime, refusal: null };
  }
}

function keyOf(imsi: string, stream: string): string {
  return `${imsi}/${stream}`;
}

function rangesOf(numbers: SequenceRanges): string {
  return numbers.map(([from, to]) => (from === to ? `${from}` : `${from}–${to}`)).join(', ');
}

function tooManyGaps({ seq, readings }: DecodedPost): Refusal {
  const numbers = `${seq} to ${seq + Math.max(readings.length, 1) - 1}`;
  const detail = `The numbers ${numbers} would leave the stream's ledger in more than ${MOST_RANGES} ranges; drive it again once gaps have closed.`;
  return { reason: 'too-many-gaps', detail };
}

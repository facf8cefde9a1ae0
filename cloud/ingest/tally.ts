import { count, normalise, type SequenceRange, type SequenceRanges, subtract } from '@tashika/shared/sequence';
import type { DecodedPost, DecodedReading } from '@tashika/shared/telemetry';
import type { Duration, Timestamp } from '@tashika/shared/time';
import {
  freshNumbers,
  type LedgerEntry,
  MOST_RANGES,
  newEntry,
  OpenEntry,
  staysBounded,
  withLost,
  withReceived,
} from '../ledger/index.ts';
import {
  firstWindowEnd,
  isLate,
  isOutOfOrder,
  lastWindowEnd,
  type Verdict,
  type Watermark,
  WindowDeltas,
  type WindowPolicy,
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
  /** When the hub took an event that is driven again, and of which a part may have been counted as a post. */
  readonly firstArrivedAt?: Timestamp;
}

/**
 * Counts events: what each adds to the ledger, the windows and the devices. It holds what one commit writes, touches
 * nothing else, and asks no clock: the same events on the same ledger always come to the same.
 */
export class Tally {
  readonly windows = new WindowDeltas();
  readonly sightings = new Map<string, Sighting>();
  /** By imsi, then by stream. */
  readonly #entries = new Map<string, Map<string, OpenEntry>>();
  readonly #policy: WindowPolicy;
  readonly #combined: Watermark;
  readonly #windowsKeptMs: Duration;

  /**
   * @param entries the ledger's entries of every stream that the events name, locked
   * @param combined the watermark that readers have seen, which made windows final
   * @param windowsKeptMs a reading whose window was older than that when it arrived is not counted
   */
  constructor(
    entries: readonly LedgerEntry[],
    policy: WindowPolicy,
    combined: Watermark,
    windowsKeptMs: Duration = Number.POSITIVE_INFINITY,
  ) {
    for (const entry of entries) this.#open(entry);
    this.#policy = policy;
    this.#combined = combined;
    this.#windowsKeptMs = windowsKeptMs;
  }

  /** The entries that have to be written back. */
  changedEntries(): LedgerEntry[] {
    const changed: LedgerEntry[] = [];
    for (const ofDevice of this.#entries.values())
      for (const open of ofDevice.values()) if (open.changed) changed.push(open.entry);
    return changed;
  }

  /** Counts one event's fresh readings. */
  add(event: OpenedEvent, arrival: Arrival): EventOutcome {
    const { post } = event;
    const outcome = new Outcome();
    if (!post) {
      outcome.refusal = event.refusal;
      return outcome;
    }
    const sighting = this.#sight(event, post, event.imsi ?? UNKNOWN_IMSI);
    if (post.stream === null) this.#addTalkMessage(post, sighting, arrival, outcome);
    else this.#addPost(event, post, post.stream, sighting, arrival, outcome);
    if (outcome.fresh + outcome.dropped > 0) sighting.posts++;
    return outcome;
  }

  /** A message without a stream has no number to be known by: each event is one reading. */
  #addTalkMessage(post: DecodedPost, sighting: Sighting, arrival: Arrival, outcome: Outcome): void {
    const reading = post.readings[0]!;
    if (this.#judge(reading, post.region, sighting, arrival, outcome)) {
      this.#countPost(post.region, outcome);
      return;
    }
    outcome.refusal = this.#refusal('The event', reading, arrival);
  }

  #addPost(
    event: OpenedEvent,
    post: DecodedPost,
    stream: string,
    sighting: Sighting,
    arrival: Arrival,
    outcome: Outcome,
  ): void {
    const { seq, readings, lost } = post;
    const open = this.#entryOf(sighting.imsi, stream);
    // Nearly every post: it goes on where the last one ended, and nothing has to be compared.
    const follows = lost.length === 0 && open.follows(seq);
    const candidates = follows
      ? [[seq, seq + readings.length - 1] as const]
      : freshNumbers(open.entry, seq, readings.length);
    if (
      open.ranges + readings.length + lost.length > MOST_RANGES &&
      this.#scatters(open.entry, post, candidates, arrival)
    ) {
      outcome.refusal = tooManyGaps(post);
      return;
    }
    const refused: SequenceRange[] = [];
    for (const [first, last] of candidates) {
      for (let number = first; number <= last; number++) {
        const reading = readings[number - seq]!;
        if (!this.#judge(reading, post.region, sighting, arrival, outcome)) refused.push([number, number]);
      }
    }
    outcome.duplicates = follows ? 0 : readings.length - count(candidates);
    if (arrival.firstArrivedAt === undefined || outcome.duplicates === 0) this.#countPost(post.region, outcome);
    if (follows && refused.length === 0) open.append(readings.length);
    else {
      const received = refused.length === 0 ? candidates : subtract(candidates, normalise(refused));
      open.entry = withLost(withReceived(open.entry, received), lost);
    }
    // A post that was all counted before may be an old one sent again: it knows nothing of the spool as it is now.
    if (post.held !== null && (candidates.length > 0 || readings.length === 0))
      open.hold(post.held, Math.min(event.timestamp, arrival.arrivedAt));
    if (refused.length > 0) {
      const subject = `Not counted: ${rangesOf(normalise(refused))}. The first`;
      outcome.refusal = this.#refusal(subject, readings[refused[0]![0] - seq]!, arrival);
    }
  }

  /** Whether a post would leave its stream's entry more scattered than it may be; such a post is not counted at all. */
  #scatters(entry: LedgerEntry, post: DecodedPost, candidates: SequenceRanges, arrival: Arrival): boolean {
    const received: SequenceRange[] = [];
    for (const [first, last] of candidates)
      for (let number = first; number <= last; number++) {
        const { time } = post.readings[number - post.seq]!;
        const verdict = this.#policy.judge(time, arrival.arrivedAt, arrival.watermark);
        if (this.#isReceived(verdict, this.#placeOf(time, verdict, arrival), arrival)) received.push([number, number]);
      }
    return !staysBounded(entry, withLost(withReceived(entry, normalise(received)), post.lost));
  }

  /** Judges one fresh reading and counts it where it belongs. False if it is too early or too old: not received. */
  #judge(reading: DecodedReading, region: string, sighting: Sighting, arrival: Arrival, outcome: Outcome): boolean {
    const { arrivedAt, watermark } = arrival;
    const { tolerances } = this.#policy;
    const verdict = this.#policy.judge(reading.time, arrivedAt, watermark);
    if (verdict === 'too-early') return false;
    const time = this.#placeOf(reading.time, verdict, arrival);
    if (isLate(reading.time, arrivedAt, tolerances)) outcome.isLateInput = true;
    if (isOutOfOrder(reading.time, arrivedAt, watermark, tolerances)) outcome.isOutOfOrder = true;
    if (!this.#isReceived(verdict, time, arrival)) return false;
    noteReading(sighting, reading);
    if (verdict === 'dropped') outcome.dropped++;
    else outcome.count(reading.time, time, verdict === 'adjusted', this.#countReading(reading, region, time));
    return true;
  }

  /** The time by which a reading is assigned to windows. */
  #placeOf(eventTime: Timestamp, verdict: Verdict, { arrivedAt, watermark }: Arrival): Timestamp {
    return verdict === 'adjusted' ? this.#policy.adjusted(eventTime, arrivedAt, watermark) : eventTime;
  }

  /** Whether a reading is marked as received: what is too early, or counts in a window no longer kept, is refused. */
  #isReceived(verdict: Verdict, time: Timestamp, { arrivedAt }: Arrival): boolean {
    return verdict === 'dropped' || (verdict !== 'too-early' && time > arrivedAt - this.#windowsKeptMs);
  }

  /** Adds a reading to every window that `time` belongs to. True if one of them was final. */
  #countReading(reading: DecodedReading, region: string, time: Timestamp): boolean {
    const { windowing } = this.#policy;
    const last = lastWindowEnd(time, windowing);
    let late = false;
    for (let end = firstWindowEnd(time, windowing); end <= last; end += windowing.hopMs) {
      const wasFinal = this.#policy.isFinal(end, this.#combined);
      this.windows.addReading(end, region, reading, wasFinal);
      late ||= wasFinal;
    }
    return late;
  }

  /** A post counts once in every window of its first reading. */
  #countPost(region: string, { firstTime }: Outcome): void {
    if (firstTime === null) return;
    const { windowing } = this.#policy;
    const last = lastWindowEnd(firstTime, windowing);
    for (let end = firstWindowEnd(firstTime, windowing); end <= last; end += windowing.hopMs)
      this.windows.addEvent(end, region);
  }

  #entryOf(imsi: string, stream: string): OpenEntry {
    return this.#entries.get(imsi)?.get(stream) ?? this.#open(newEntry(imsi, stream));
  }

  #open(entry: LedgerEntry): OpenEntry {
    const open = new OpenEntry(entry);
    const ofDevice = this.#entries.get(entry.imsi);
    if (ofDevice) ofDevice.set(entry.stream, open);
    else this.#entries.set(entry.imsi, new Map([[entry.stream, open]]));
    return open;
  }

  /** Why a reading was not counted: its device's clock is ahead, or its window is no longer kept. */
  #refusal(subject: string, { time }: DecodedReading, { arrivedAt, firstArrivedAt }: Arrival): Refusal {
    const own = `${subject} has the time ${new Date(time).toISOString()}`;
    const judgedAt = new Date(arrivedAt).toISOString();
    const arrived =
      firstArrivedAt === undefined
        ? `arrived at ${judgedAt}`
        : `arrived at ${new Date(firstArrivedAt).toISOString()}; it was driven again at ${judgedAt}`;
    const keptFrom = arrivedAt - this.#windowsKeptMs;
    return time <= keptFrom
      ? {
          reason: 'event-too-old',
          detail: `${own} and ${arrived}, when windows were kept from ${new Date(keptFrom).toISOString()} on.`,
        }
      : { reason: 'event-too-early', detail: `${own} and ${arrived}.` };
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

/** An outcome while the readings of its event are judged one after the other. */
class Outcome implements EventOutcome {
  fresh = 0;
  adjusted = 0;
  dropped = 0;
  duplicates = 0;
  late = 0;
  isLateInput = false;
  isOutOfOrder = false;
  /** The time at which the first of them was counted. */
  firstTime: Timestamp | null = null;
  latestTime: Timestamp | null = null;
  eventTime: Timestamp | null = null;
  refusal: Refusal | null = null;

  count(eventTime: Timestamp, time: Timestamp, adjusted: boolean, late: boolean): void {
    this.fresh++;
    if (adjusted) this.adjusted++;
    if (late) this.late++;
    this.firstTime ??= time;
    if (this.latestTime !== null && time <= this.latestTime) return;
    this.latestTime = time;
    this.eventTime = eventTime;
  }
}

function rangesOf(numbers: SequenceRanges): string {
  return numbers.map(([from, to]) => (from === to ? `${from}` : `${from}–${to}`)).join(', ');
}

function tooManyGaps({ seq, readings }: DecodedPost): Refusal {
  const numbers = `${seq} to ${seq + Math.max(readings.length, 1) - 1}`;
  const detail = `The numbers ${numbers} would leave the stream's ledger in more than ${MOST_RANGES} ranges; drive it again once gaps have closed.`;
  return { reason: 'too-many-gaps', detail };
}

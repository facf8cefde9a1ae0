import { TashikaError } from '@tashika/shared/errors';
import type { Timestamp } from '@tashika/shared/time';
import { type EventOutcome, type OpenedEvent, openEvent, refuse, streamsOf, Tally } from '../ingest/index.ts';
import type { LedgerEntry } from '../ledger/index.ts';
import { combinedWatermark, raised, type Watermark, type WindowDelta, type WindowPolicy } from '../windows/index.ts';
import type { Recorded } from './recording.ts';

export type TraceOutcome = 'counted' | 'adjusted' | 'dropped' | 'dead-letter';

/** What became of one recorded event. Times are ISO 8601 UTC with milliseconds. */
export interface TraceLine {
  /** The event's number, from 1. */
  readonly event: number;
  readonly outcome: TraceOutcome;
  /** The event's own time: that of its latest reading counted, else of its first reading. Null where it has none. */
  readonly eventTime: string | null;
  /** The time by which that reading was assigned to windows; null where none was counted. */
  readonly systemTimestamp: string | null;
  /** The combined watermark after the event. */
  readonly watermark: string | null;
  readonly partition: string;
  /** Readings that it added to windows. */
  readonly readings: number;
  /** Those among them that came to a window that was final, and so revised it. */
  readonly late?: number;
  /** Why some or all of its readings were not counted. */
  readonly reason?: string;
}

/** What one recorded event comes to. */
export interface Replayed {
  readonly trace: TraceLine;
  /** What it adds to the windows; `late` of them is what revised a final one. */
  readonly windows: readonly WindowDelta[];
}

/** More than any namespace of Event Hubs has; each costs a comparison an event. */
const MOST_PARTITIONS = 2048;

type RecordedEvent = Extract<Recorded, { kind: 'event' }>;

/**
 * Runs recorded events through the core that a worker runs them through: the same decoding, ledger, policy and
 * windows, one commit an event. It keeps the partitions' watermarks and the ledger, nothing of the windows.
 */
export class Replay {
  readonly #policy: WindowPolicy;
  readonly #watermarks = new Map<string, Watermark>();
  readonly #ledger = new Map<string, LedgerEntry>();
  #events = 0;
  #combined: Watermark = null;
  /** The watermark of a partition that has had no event so far. */
  #idle: Watermark = null;

  constructor(policy: WindowPolicy) {
    this.#policy = policy;
  }

  /** The watermark of all partitions seen so far; before the first, that of the ticks. */
  get watermark(): Watermark {
    return this.#combined;
  }

  /** Takes one event. @throws TashikaError RECORDING_INVALID if it names one partition more than any hub has */
  event({ partition, enqueuedAt, body }: RecordedEvent): Replayed {
    const watermark = this.#join(partition);
    const opened = open(body, enqueuedAt, this.#events);
    const keys = streamsOf([opened]).map(({ imsi, stream }) => `${imsi}/${stream}`);
    const entries = keys.flatMap((key) => this.#ledger.get(key) ?? []);
    const tally = new Tally(entries, this.#policy, this.#combined);
    const outcome = tally.add(opened, { arrivedAt: enqueuedAt, watermark });
    for (const entry of tally.changedEntries()) this.#ledger.set(`${entry.imsi}/${entry.stream}`, entry);
    this.#watermarks.set(partition, this.#policy.watermarkAfterEvent(watermark, outcome.latestTime, enqueuedAt));
    this.#combined = combinedWatermark(this.#watermarks.values());
    this.#events++;
    return { trace: this.#traceOf(partition, opened, outcome), windows: tally.windows.sorted() };
  }

  /** The arrival clock has come to `at`, and no partition has more events that arrived before. */
  tick(at: Timestamp): void {
    this.#idle = this.#policy.watermarkWhileIdle(this.#idle, at);
    for (const [partition, watermark] of this.#watermarks)
      this.#watermarks.set(partition, this.#policy.watermarkWhileIdle(watermark, at));
    this.#combined = this.#watermarks.size === 0 ? this.#idle : combinedWatermark(this.#watermarks.values());
  }

  /** A partition counts from its first event on. Nobody waited for it before, and what is final by then stays final. */
  #join(partition: string): Watermark {
    const watermark = this.#watermarks.get(partition);
    if (watermark !== undefined) return watermark;
    if (this.#watermarks.size >= MOST_PARTITIONS)
      throw new TashikaError('RECORDING_INVALID', `names more than ${MOST_PARTITIONS} partitions, and no hub has more`);
    const joining = later(this.#policy.watermarkOnJoining(this.#combined), this.#idle);
    this.#watermarks.set(partition, joining);
    this.#combined = combinedWatermark(this.#watermarks.values());
    return joining;
  }

  #traceOf(partition: string, { post }: OpenedEvent, outcome: EventOutcome): TraceLine {
    const { fresh, late, refusal, eventTime, latestTime } = outcome;
    const reason = refusal?.reason ?? reasonOf(outcome);
    return {
      event: this.#events,
      outcome: this.#outcomeOf(outcome),
      eventTime: isoOf(eventTime ?? post?.readings[0]?.time ?? null),
      systemTimestamp: isoOf(latestTime),
      watermark: isoOf(this.#combined),
      partition,
      readings: fresh,
      ...(late > 0 && { late }),
      ...(reason !== undefined && { reason }),
    };
  }

  #outcomeOf({ fresh, adjusted, dropped, duplicates, refusal }: EventOutcome): TraceOutcome {
    if (adjusted > 0) return 'adjusted';
    if (fresh > 0) return 'counted';
    // A worker keeps an early event as a dead letter under every policy; Stream Analytics would have dropped it.
    if (refusal?.reason === 'event-too-early' && this.#policy.name === 'stream-analytics') return 'dropped';
    if (refusal) return 'dead-letter';
    return dropped > 0 || duplicates > 0 ? 'dropped' : 'counted';
  }
}

function reasonOf({ fresh, dropped, duplicates }: EventOutcome): string | undefined {
  if (dropped > 0) return 'too-late';
  return fresh === 0 && duplicates > 0 ? 'duplicate' : undefined;
}

function open(body: unknown, enqueuedAt: Timestamp, sequenceNumber: number): OpenedEvent {
  const arrived = { sequenceNumber, offset: String(sequenceNumber), enqueuedAt };
  try {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return openEvent({ ...arrived, body: Buffer.from(text) });
  } catch {
    const detail = 'The body is nested too deeply.';
    return refuse({ ...arrived, body: new Uint8Array() }, { reason: 'invalid-json', detail });
  }
}

function later(one: Watermark, other: Watermark): Watermark {
  return other === null ? one : raised(one, other);
}

function isoOf(time: Timestamp | null): string | null {
  return time === null ? null : new Date(time).toISOString();
}

import type { WindowSettings } from '@tashika/cloud/windows';
import type { Duration, Timestamp } from '@tashika/shared/time';
import type { HubEvent, Meaning } from './hub.ts';
import type { Shown } from './shown.ts';
import type { BatchInHand, Fate } from './worker.ts';

/** How windows are counted, and how long they are kept. */
export interface Settings extends Required<WindowSettings> {
  readonly windowsKeptMs: Duration | undefined;
}

type Post = Extract<Meaning, { is: 'post' }>;

interface ModelPartition {
  owner: string;
  /** How often the ownership has changed hands, so that a claim by an old listing can be told. */
  claims: number;
  position: number | null;
  watermark: Timestamp | null;
  events: number;
  readings: number;
  duplicates: number;
  late: number;
  adjusted: number;
  dropped: number;
  lateInput: number;
  earlyInput: number;
  outOfOrder: number;
  deserializationErrors: number;
  deadLetters: number;
  skipped: number;
}

interface ModelWindow {
  readings: number;
  events: number;
  late: number;
  revision: number;
}

interface ModelStream {
  readonly received: Set<number>;
  readonly lost: Set<number>;
  held: number;
  heldAt: Timestamp | null;
}

/** What one event came to. */
interface Outcome {
  readings: number;
  duplicates: number;
  late: number;
  adjusted: number;
  dropped: number;
  lateInput: boolean;
  outOfOrder: boolean;
  latestTime: Timestamp | null;
  refusal: string | null;
}

const NO_TOTALS = {
  events: 0,
  readings: 0,
  duplicates: 0,
  late: 0,
  adjusted: 0,
  dropped: 0,
  lateInput: 0,
  earlyInput: 0,
  outOfOrder: 0,
  deserializationErrors: 0,
  deadLetters: 0,
  skipped: 0,
};

/**
 * What the pipeline promises, as plainly as it can be written: sets of numbers, one reading after the other, no
 * ranges, no deltas, no transactions. It is told what happens in the order in which the store takes it.
 */
export class Model {
  readonly partitions = new Map<string, ModelPartition>();
  readonly #settings: Settings;
  /** By the clock of who counts. */
  readonly #windows = new Map<string, ModelWindow>();
  readonly #values = new Map<string, number[]>();
  readonly #streams = new Map<string, ModelStream>();
  readonly #devices = new Map<string, { region: string; seenAt: Timestamp; posts: number }>();
  readonly #letters = new Map<string, { readonly event: HubEvent; reason: string }>();

  constructor(partitionIds: readonly string[], settings: Settings) {
    this.#settings = settings;
    for (const id of partitionIds)
      this.partitions.set(id, { owner: '', claims: 0, position: null, watermark: null, ...NO_TOTALS });
  }

  /** The slowest partition's; null while one has not been read. */
  get watermark(): Timestamp | null {
    const watermarks = [...this.partitions.values()].map((partition) => partition.watermark);
    return watermarks.includes(null) ? null : Math.min(...(watermarks as number[]));
  }

  /** Dead letters that have not been counted; those first that may be, when time has passed. */
  get openLetters(): readonly HubEvent[] {
    const open = [...this.#letters.values()].filter(({ reason }) => reason !== 'counted');
    const early = open.filter(({ reason }) => reason === 'event-too-early');
    return [...new Set([...early, ...open])].map(({ event }) => event);
  }

  /** Whether the ownership is taken by one who saw it when it had changed hands `claims` times. */
  claim(partitionId: string, owner: string, claims: number): boolean {
    const partition = this.partitions.get(partitionId)!;
    if (partition.claims !== claims) return false;
    partition.owner = owner;
    partition.claims++;
    return true;
  }

  release(partitionId: string, owner: string): void {
    const partition = this.partitions.get(partitionId)!;
    if (partition.owner !== owner) return;
    partition.owner = '';
    partition.claims++;
  }

  /** A group of batches of one owner, as one commit, unless the database refuses something in them. */
  commit(owner: string, batches: readonly BatchInHand[]): readonly Fate[] {
    const fates = batches.map((batch) => (this.#mayCommit(owner, batch) ? 'committed' : 'fenced off'));
    this.#count(batches.filter((_, index) => fates[index] === 'committed').map(({ events }) => events));
    return fates;
  }

  /** The partition had nothing beyond `position` when its owner asked the hub at `askedAt`; -Infinity if it has no idea. */
  idle(partitionId: string, owner: string, position: number | null, askedAt: Timestamp): void {
    const partition = this.partitions.get(partitionId)!;
    if (partition.owner !== owner || partition.position !== position) return;
    if (Number.isFinite(askedAt))
      partition.watermark = latest(partition.watermark, askedAt - this.#settings.lateToleranceMs);
  }

  /** Drives a dead letter again, as if it arrived now. It moves no watermark. */
  redrive(event: HubEvent, now: Timestamp): 'counted' | 'still-refused' {
    const revised = new Set<string>();
    const outcome = this.#add(event, now, this.watermark, revised, true);
    for (const key of revised) this.#windows.get(key)!.revision++;
    const partition = this.partitions.get(event.partitionId)!;
    for (const total of ['readings', 'duplicates', 'late', 'adjusted', 'dropped'] as const)
      partition[total] += outcome[total];
    this.#letters.get(keyOf(event))!.reason = outcome.refusal ?? 'counted';
    return outcome.refusal ? 'still-refused' : 'counted';
  }

  /** What is missing of each stream: the numbers up to its highest that were neither received nor told lost. */
  missing(): Record<string, number[]> {
    return mapped(this.#streams, ({ received, lost }) => {
      const highest = Math.max(0, ...received, ...lost);
      const all = Array.from({ length: highest }, (_, index) => index + 1);
      return all.filter((number) => !received.has(number) && !lost.has(number));
    });
  }

  #mayCommit(owner: string, { partitionId, events, startsAtCheckpoint }: BatchInHand): boolean {
    const { owner: trueOwner, position } = this.partitions.get(partitionId)!;
    const follows = position !== null && events[0]!.sequenceNumber <= position + 1;
    return owner === trueOwner && (startsAtCheckpoint || follows);
  }

  /** One commit, or several smaller ones where the database refuses an event. */
  #count(batches: readonly (readonly HubEvent[])[]): void {
    const refused = batches.some((events) => this.#due(events).some((event) => this.#isRefused(event)));
    const [events] = batches;
    if (!refused) this.#commitAll(batches);
    else if (batches.length > 1) for (const batch of batches) this.#count([batch]);
    else if (events!.length > 1) {
      this.#count([events!.slice(0, events!.length >> 1)]);
      this.#count([events!.slice(events!.length >> 1)]);
    } else this.#commitAll(batches);
  }

  #due(events: readonly HubEvent[]): readonly HubEvent[] {
    return events.filter((event) => event.sequenceNumber > (this.partitions.get(event.partitionId)!.position ?? -1));
  }

  #isRefused({ meaning }: HubEvent): boolean {
    return meaning.is === 'post' && meaning.unstorable;
  }

  /** What is final is so by the watermark before the commit, and a window is revised once. */
  #commitAll(batches: readonly (readonly HubEvent[])[]): void {
    const { watermark } = this;
    const revised = new Set<string>();
    for (const events of batches) for (const event of this.#due(events)) this.#take(event, watermark, revised);
    for (const key of revised) this.#windows.get(key)!.revision++;
  }

  #take(event: HubEvent, combined: Timestamp | null, revised: Set<string>): void {
    const partition = this.partitions.get(event.partitionId)!;
    const outcome = this.#add(event, event.enqueuedAt, combined, revised, false);
    if (partition.position !== null) partition.skipped += event.sequenceNumber - partition.position - 1;
    partition.position = event.sequenceNumber;
    partition.events++;
    for (const total of ['readings', 'duplicates', 'late', 'adjusted', 'dropped'] as const)
      partition[total] += outcome[total];
    if (outcome.lateInput) partition.lateInput++;
    if (outcome.outOfOrder) partition.outOfOrder++;
    if (outcome.refusal === 'event-too-early') partition.earlyInput++;
    else if (outcome.refusal && outcome.refusal !== 'event-too-old') partition.deserializationErrors++;
    if (outcome.refusal) {
      partition.deadLetters++;
      this.#letters.set(keyOf(event), { event, reason: outcome.refusal });
    }
    const { policy, lateToleranceMs, outOfOrderToleranceMs } = this.#settings;
    if (policy === 'revise') partition.watermark = latest(partition.watermark, event.enqueuedAt - lateToleranceMs);
    if (outcome.latestTime !== null)
      partition.watermark = latest(partition.watermark, outcome.latestTime - outOfOrderToleranceMs);
  }

  #add(
    event: HubEvent,
    arrivedAt: Timestamp,
    combined: Timestamp | null,
    revised: Set<string>,
    again: boolean,
  ): Outcome {
    const { meaning } = event;
    const outcome: Outcome = {
      ...{ readings: 0, duplicates: 0, late: 0, adjusted: 0, dropped: 0, lateInput: false, outOfOrder: false },
      ...{ latestTime: null, refusal: null },
    };
    if (meaning.is === 'poison') return { ...outcome, refusal: meaning.reason };
    if (this.#isRefused(event)) return { ...outcome, refusal: 'invalid-value' };
    const { watermark } = this.partitions.get(event.partitionId)!;
    let firstTime: Timestamp | null = null;

    /** False if it is too early or too old, and so not received. */
    const receive = (time: Timestamp, value: number | null): boolean => {
      const placed = this.#place(time, arrivedAt, watermark, outcome);
      if (placed === 'event-too-early' || placed === 'event-too-old') outcome.refusal ??= placed;
      else if (placed === 'dropped') outcome.dropped++;
      else {
        outcome.readings++;
        firstTime ??= placed;
        outcome.latestTime = latest(outcome.latestTime, placed);
        const windows = this.#windowsOf(placed, meaning.region);
        for (const key of windows) this.#countIn(key, value);
        const late = windows.filter((key) => this.#isFinal(key, combined));
        for (const key of late) {
          this.#windows.get(key)!.late++;
          revised.add(key);
        }
        if (late.length > 0) outcome.late++;
      }
      return placed !== 'event-too-early' && placed !== 'event-too-old';
    };

    const device = this.#see(event, meaning);
    if (meaning.is === 'talk') receive(meaning.sentAt, null);
    else this.#receivePost(event, meaning, arrivedAt, outcome, receive);
    if (firstTime !== null && !(again && outcome.duplicates > 0))
      for (const key of this.#windowsOf(firstTime, meaning.region)) this.#windows.get(key)!.events++;
    if (outcome.readings + outcome.dropped > 0) device.posts++;
    return outcome;
  }

  #receivePost(
    event: HubEvent,
    post: Post,
    arrivedAt: Timestamp,
    outcome: Outcome,
    receive: (time: Timestamp, value: number) => boolean,
  ): void {
    const stream = this.#stream(post);
    const fresh = post.readings.map((_, index) => post.seq + index).filter((number) => !stream.received.has(number));
    outcome.duplicates = post.readings.length - fresh.length;
    for (const number of fresh) {
      const { time, value } = post.readings[number - post.seq]!;
      if (!receive(time, value)) continue;
      stream.received.add(number);
      stream.lost.delete(number);
    }
    for (const [first, last] of post.lost)
      for (let number = first; number <= last; number++) if (!stream.received.has(number)) stream.lost.add(number);
    const heldAt = Math.min(post.sentAt ?? event.enqueuedAt, arrivedAt);
    const tellsNews = fresh.length > 0 || post.readings.length === 0;
    if (tellsNews && (stream.heldAt === null || heldAt >= stream.heldAt)) {
      stream.held = post.held;
      stream.heldAt = heldAt;
    }
  }

  /** The time at which a reading counts, or that it does not. */
  #place(
    time: Timestamp,
    arrivedAt: Timestamp,
    watermark: Timestamp | null,
    outcome: Outcome,
  ): Timestamp | 'event-too-early' | 'event-too-old' | 'dropped' {
    const { policy, action, earlyToleranceMs, lateToleranceMs, windowsKeptMs } = this.#settings;
    if (time > arrivedAt + earlyToleranceMs) return 'event-too-early';
    const inTime = Math.max(time, arrivedAt - lateToleranceMs);
    const inOrder = latest(watermark, inTime);
    if (inTime !== time) outcome.lateInput = true;
    if (inOrder !== inTime) outcome.outOfOrder = true;
    const counts = policy === 'revise' || inOrder === time;
    if (!counts && action === 'drop') return 'dropped';
    const placed = counts ? time : inOrder;
    if (windowsKeptMs !== undefined && placed <= arrivedAt - windowsKeptMs) return 'event-too-old';
    if (!counts) outcome.adjusted++;
    return placed;
  }

  /** Every window (end − length, end] that has the time in it; ends are multiples of the hop. */
  #windowsOf(time: Timestamp, region: string): string[] {
    const { lengthMs, hopMs = lengthMs } = this.#settings;
    const keys: string[] = [];
    for (let end = Math.floor(time / hopMs) * hopMs; end - lengthMs < time; end += hopMs)
      if (end >= time) keys.push(`${new Date(end).toISOString()} ${region}`);
    return keys;
  }

  #countIn(key: string, value: number | null): void {
    const window = this.#windows.get(key) ?? { readings: 0, events: 0, late: 0, revision: 0 };
    this.#windows.set(key, window);
    window.readings++;
    if (value !== null) this.#values.set(`${key} count`, [...(this.#values.get(`${key} count`) ?? []), value]);
  }

  /** Under `stream-analytics`, what is at the watermark is in time, so that the window that ends there is open. */
  #isFinal(key: string, watermark: Timestamp | null): boolean {
    if (watermark === null) return false;
    const end = Date.parse(key.slice(0, 24));
    return this.#settings.policy === 'revise' ? end <= watermark : end < watermark;
  }

  #see({ enqueuedAt }: HubEvent, { imsi, region }: Exclude<Meaning, { is: 'poison' }>) {
    const device = this.#devices.get(imsi) ?? { region, seenAt: enqueuedAt, posts: 0 };
    this.#devices.set(imsi, device);
    if (enqueuedAt >= device.seenAt) {
      device.seenAt = enqueuedAt;
      device.region = region;
    }
    return device;
  }

  #stream({ imsi, stream }: Post): ModelStream {
    const key = `${imsi}/${stream}`;
    const known = this.#streams.get(key) ?? { received: new Set(), lost: new Set(), held: 0, heldAt: null };
    this.#streams.set(key, known);
    return known;
  }

  /** The model as the store would show it. */
  shows(): Shown {
    const { watermark } = this;
    return {
      watermark: iso(watermark),
      windows: mapped(this.#windows, (window, key) => ({
        ...window,
        state: !this.#isFinal(key, watermark) ? 'provisional' : window.revision > 0 ? 'revised' : 'final',
      })),
      values: mapped(this.#values, (values) => ({
        count: values.length,
        sum: values.reduce((sum, value) => sum + value, 0),
        min: Math.min(...values),
        max: Math.max(...values),
      })),
      streams: mapped(this.#streams, ({ received, lost, held }) => ({
        received: ascending(received),
        lost: ascending(lost),
        held,
      })),
      partitions: mapped(this.partitions, ({ claims: _, ...partition }) => ({
        ...partition,
        watermark: iso(partition.watermark),
      })),
      deadLetters: mapped(this.#letters, ({ reason }) => reason),
      devices: mapped(this.#devices, ({ region, seenAt, posts }) => ({ region, lastSeen: iso(seenAt)!, posts })),
    };
  }
}

function keyOf({ partitionId, sequenceNumber }: HubEvent): string {
  return `${partitionId}/${sequenceNumber}`;
}

function latest(watermark: Timestamp | null, time: Timestamp): Timestamp {
  return watermark === null ? time : Math.max(watermark, time);
}

function iso(time: Timestamp): string;
function iso(time: Timestamp | null): string | null;
function iso(time: Timestamp | null): string | null {
  return time === null ? null : new Date(time).toISOString();
}

function ascending(numbers: Iterable<number>): number[] {
  return [...numbers].sort((a, b) => a - b);
}

function mapped<Value, Result>(map: Map<string, Value>, to: (value: Value, key: string) => Result) {
  return Object.fromEntries([...map].map(([key, value]) => [key, to(value, key)]));
}

import { count, type SequenceRange, subtract, through, union } from '@tashika/shared/sequence';
import type { Duration } from '@tashika/shared/time';
import type { Stamp } from '../clock/index.ts';
import { ageOf } from './age.ts';
import { type Batch, type BatchLimit, MAX_TOLD } from './batch.ts';
import { Collection } from './collection.ts';
import type { LiveMark } from './live-mark.ts';
import type { MemoryQueue } from './memory-queue.ts';
import type { SpoolOptions } from './options.ts';
import { settled } from './progress.ts';
import type { Shelf } from './shelf.ts';
import type { StreamLog } from './stream-log.ts';

/** So many ranges of numbers may be with the link before the holes between them are filled first. */
const MOST_HOLES = 64;

/** The numbers of the newest stream that this process has given out. */
export interface Numbering {
  /** The last one. */
  last: number;
  /** Numbers up to this one may be handed out from memory. */
  readableInMemory: number;
  /** Given out and given up at once, since the last flush. */
  turnedAway: SequenceRange[];
}

export interface OutletParts {
  readonly options: SpoolOptions & { readonly unconfirmedMs: Duration };
  readonly shelf: Shelf;
  readonly memory: MemoryQueue;
  readonly numbering: Readonly<Numbering>;
  readonly liveMark: LiveMark;
  /** Whether all losses of a stream are durable; tries to make them so. */
  readonly lossesSaved: (log: StreamLog) => Promise<boolean>;
}

/** Decides what is handed out next, and collects it. One call at a time. */
export class Outlet {
  readonly #parts: OutletParts;

  constructor(parts: OutletParts) {
    this.#parts = parts;
  }

  /** What is to be sent next; see `Spool.read`. */
  async next(limit: BatchLimit): Promise<Batch | undefined> {
    const liveAfter = this.#parts.liveMark.at(this.#parts.options.clock.monotonic());
    const backlog = limit.backlog !== false;
    const first =
      this.#liveFirst() && limit.backlog !== 'first'
        ? await this.#next(this.#parts.shelf.newest, limit, [liveAfter + 1, this.#parts.numbering.last])
        : undefined;
    if (first) return first;
    for (const log of [...this.#parts.shelf.logs]) {
      const newest = log === this.#parts.shelf.newest;
      if (!newest && !backlog) return undefined;
      const batch = await this.#next(log, limit, [1, newest ? this.#parts.numbering.last : log.last]);
      if (batch) return batch.backlog && !backlog ? undefined : batch;
      if (!newest) await this.#finish(log);
    }
    return undefined;
  }

  /** Readings of a stream above a number that wait and were never posted. */
  neverPosted(log: StreamLog, above: number): number {
    const newest = log === this.#parts.shelf.newest;
    const last = newest ? this.#parts.numbering.last : log.last;
    if (last <= above) return 0;
    const waiting = subtract([[above + 1, last]], union(settled(log.progress), log.progress.again));
    return Math.max(0, count(waiting) - (newest ? count(this.#parts.numbering.turnedAway) : 0));
  }

  /** Tells of a reading whether it is too old now. */
  tooOld(): (stamp: Stamp) => boolean {
    const { clock, bootId, maxAgeMs = Number.POSITIVE_INFINITY, synced = () => false } = this.#parts.options;
    const now = { bootId, monotonicMs: clock.monotonic(), wallMs: clock.now(), synced: synced() };
    return (stamp) => (ageOf(stamp, now) ?? 0) > maxAgeMs;
  }

  /** Whether what is live is read first: not while so many holes are open that they must be filled. */
  #liveFirst(): boolean {
    return this.#parts.options.order === 'live-first' && settled(this.#parts.shelf.newest.progress).length < MOST_HOLES;
  }

  /** The first batch of a stream within a range of numbers; `undefined` when there is nothing to send or to tell. */
  async #next(log: StreamLog, limit: BatchLimit, within: SequenceRange): Promise<Batch | undefined> {
    const batch = await this.#collect(log, limit, within);
    // Told only once it is durable: a loss that was told and then forgotten would free its numbers.
    const told = (await this.#parts.lossesSaved(log)) ? batch : { ...batch, lost: [] };
    return told.readings.length > 0 || told.lost.length > 0 ? told : undefined;
  }

  /** An old stream with nothing left to send goes, once the cloud has confirmed it where that is waited for. */
  async #finish(log: StreamLog): Promise<void> {
    if (log.progress.untold.length > 0) return;
    log.endAfter(this.#parts.options.unconfirmedMs, this.#parts.options.clock.monotonic());
    if (!log.unconfirmed) await this.#parts.shelf.retire(log);
  }

  async #collect(log: StreamLog, limit: BatchLimit, within: SequenceRange): Promise<Batch> {
    const newest = log === this.#parts.shelf.newest;
    const waiting = within[0] <= within[1] ? subtract([within], settled(log.progress)) : [];
    const isTooOld = this.tooOld();
    let range = waiting[0];
    let collection = new Collection(limit);
    let unreadable = false;
    for (range of waiting) {
      collection = new Collection(limit);
      const { readings } = collection;
      const [from, to] = range;
      const exhausted = await log
        .read(range, (reading) => collection.take(reading), isTooOld)
        .catch((error) => {
          // What can be read is sent meanwhile.
          if (readings.length === 0) throw error;
          unreadable = true;
          return false;
        });
      const next = (collection.last ?? from - 1) + 1;
      if (exhausted && newest)
        this.#parts.memory.read(next, Math.min(to, this.#parts.numbering.readableInMemory), (each) =>
          collection.take(each),
        );
      else if (exhausted && readings.length === 0) log.giveUp([range], 'corrupt');
      if (readings.length > 0) break;
    }
    const { readings } = collection;
    if (readings.length > 0) await log.touch(readings[0]!.sequence, collection.last!);
    const first = readings[0]?.sequence ?? range?.[0] ?? within[1] + 1;
    const last = first + readings.length - 1;
    const { untold } = log.progress;
    const lost = (readings.length > 0 ? subtract(untold, [[first, last]]) : untold).slice(0, MAX_TOLD);
    const known = Math.max(readings.length > 0 ? last : 0, through(lost), log.knownThrough);
    const backlog =
      readings.length > 0 && (!newest || first <= this.#parts.liveMark.at(this.#parts.options.clock.monotonic()));
    return {
      stream: log.stream,
      first,
      readings,
      held: this.neverPosted(log, known),
      through: known,
      lost,
      full: collection.full || unreadable || !newest || (range !== undefined && range[1] < within[1]),
      backlog,
    };
  }
}

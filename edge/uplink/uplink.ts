import type { RegionCode } from '@tashika/shared/regions';
import type { Duration, Timestamp } from '@tashika/shared/time';
import type { Logger } from 'pino';
import { type BootClock, datability, type Moment } from '../clock/index.ts';
import { jitteredDelays, type ReplayPolicy, type RetryPolicy, restAfterReplay } from '../retry/index.ts';
import { type Batch, type BatchLimit, firstOf, type Spool, type SpooledReading } from '../spool/index.ts';
import { encodePost, LOST_RANGE_BYTES, POST_HEAD_BYTES, sizeInPost } from './encode.ts';
import type { Link } from './link.ts';
import type { Verdict } from './verdict.ts';

export interface UplinkOptions {
  readonly spool: Pick<Spool, 'read' | 'acknowledge' | 'giveUp' | 'changed'>;
  readonly link: Link;
  /** Resolves when the region is known; what it is may change later. */
  readonly region: { readonly known: Promise<void>; readonly current: RegionCode | undefined };
  readonly clock: BootClock;
  /** Whether the wall clock is right now. */
  readonly synced: () => boolean;
  readonly batchBytes: number;
  readonly batchReadings: number;
  readonly batchAgeMs: Duration;
  readonly retry: RetryPolicy;
  /** How a backlog is held back. */
  readonly replay: ReplayPolicy;
  /** What the link may cost; without one, what it likes. */
  readonly allowance?: Allowance | undefined;
  readonly random: () => number;
  readonly logger: Logger;
}

/** Decides when a post may go for what it costs. */
export interface Allowance {
  /** How long the next post must wait, and how many readings it may have. */
  next(): { readonly waitMs: Duration; readonly readings: number };
}

export interface UplinkFigures {
  readonly posts: Readonly<Record<Verdict['kind'], number>>;
  readonly readingsAccepted: number;
  /** Bytes of bodies, those of failed attempts included. */
  readonly bytesSent: number;
  readonly lastAcceptedAt: Timestamp | undefined;
  /** Attempts since the last accepted post. */
  readonly failuresInRow: number;
}

/** A post of one reading must be refused so often, with the waits between, before the reading is given up. */
const REFUSALS_BEFORE_LOSS = 3;

/** A reading most often takes a third of the bytes that are reckoned for it. In a small post that room is used. */
const OVERESTIMATE = 3;
const SMALL_POST_BYTES = 4_096;
/** Share of `batchAgeMs` by which a batch may be late for what becomes durable meanwhile. */
const GRACE = 0.1;

/**
 * Sends what the spool holds, in the order that the spool gives, one post at a time, and moves on only past what the link has taken.
 * A refused post is halved until the one reading is found that is not wanted; only that one is given up.
 */
export class Uplink {
  readonly #options: UplinkOptions;
  readonly #limit: BatchLimit;
  readonly #maxRanges: number;
  readonly #posts = { accepted: 0, refused: 0, failed: 0 };
  #readingsAccepted = 0;
  #bytesSent = 0;
  #lastAcceptedAt: Timestamp | undefined;
  #failuresInRow = 0;
  #delays: Generator<Duration, never>;
  /** Most readings in the next post; halved by refusals, doubled by acceptance. */
  #most: number;
  #refusals = { first: 0, count: 0 };
  /** Monotonic time until which the backlog rests. */
  #restsUntil: Duration = 0;
  /** Whether something live was sent since the backlog's last turn. */
  #liveSent = false;
  readonly #draining = new AbortController();
  readonly #stopped = new AbortController();
  #running: Promise<void> | undefined;

  constructor(options: UplinkOptions) {
    this.#options = options;
    const { batchBytes, batchReadings, clock } = options;
    this.#most = batchReadings;
    this.#maxRanges = Math.max(1, Math.floor(batchBytes / 8 / LOST_RANGE_BYTES));
    const bytes = batchBytes - POST_HEAD_BYTES - this.#maxRanges * LOST_RANGE_BYTES;
    this.#limit = {
      bytes: batchBytes <= SMALL_POST_BYTES ? bytes * OVERESTIMATE : bytes,
      sizeOf: sizeInPost,
      together: (first, next) =>
        first.region === next.region && datability(first, clock.bootId) === datability(next, clock.bootId),
    };
    this.#delays = this.#newDelays();
  }

  get figures(): UplinkFigures {
    return {
      posts: { ...this.#posts },
      readingsAccepted: this.#readingsAccepted,
      bytesSent: this.#bytesSent,
      lastAcceptedAt: this.#lastAcceptedAt,
      failuresInRow: this.#failuresInRow,
    };
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Sends what is there without waiting for more, until nothing is left, a post fails, or `deadline` is aborted. */
  async drain(deadline: AbortSignal): Promise<void> {
    if (deadline.aborted) this.#stopped.abort();
    else deadline.addEventListener('abort', () => this.#stopped.abort(), { once: true });
    this.#draining.abort();
    await this.#running;
    await this.#options.link.close();
  }

  async #run(): Promise<void> {
    const { region, logger } = this.#options;
    await this.#unlessDraining(region.known);
    while (!this.#stopped.signal.aborted) {
      try {
        return await this.#sendAll();
      } catch (err) {
        logger.error({ err }, 'the spool can not be read now; the readings wait in it');
        if (this.#draining.signal.aborted) return;
        await this.#sleep(this.#delays.next().value);
      }
    }
  }

  /** Sends until it is stopped, or drained. Rejects when the spool does. */
  async #sendAll(): Promise<void> {
    const { spool, region } = this.#options;
    while (region.current !== undefined && !this.#stopped.signal.aborted) {
      const { waitMs, readings } = this.#allowed();
      if (waitMs > 0) {
        if (this.#draining.signal.aborted) return;
        await this.#sleep(waitMs);
        continue;
      }
      const changed = spool.changed;
      const restMs = this.#draining.signal.aborted ? 0 : this.#restsUntil - this.#options.clock.monotonic();
      const batch = await spool.read({ ...this.#limit, ...this.#turn(restMs) });
      if (!batch) {
        if (this.#draining.signal.aborted) return;
        if (restMs > 0) await this.#sleep(restMs, changed);
        else await this.#unlessDraining(changed);
        continue;
      }
      const patience = this.#draining.signal.aborted ? 0 : this.#patienceFor(batch);
      if (patience > 0) {
        // What is just being made durable goes along: without this, posts and the disk's rhythm miss each other for ever.
        await this.#sleep(patience + this.#options.batchAgeMs * GRACE, changed);
        continue;
      }
      const pause = await this.#send(firstOf(batch, readings), region.current);
      if (pause === undefined) continue;
      if (this.#draining.signal.aborted) return;
      await this.#sleep(pause);
    }
  }

  /** Whose turn it is: without one of its own, a backlog would never be sent where something live always waits. */
  #turn(restMs: Duration): Pick<BatchLimit, 'backlog'> {
    if (restMs > 0) return { backlog: false };
    return this.#liveSent ? { backlog: 'first' } : {};
  }

  #allowed(): ReturnType<Allowance['next']> {
    return this.#options.allowance?.next() ?? { waitMs: 0, readings: Number.POSITIVE_INFINITY };
  }

  /** How long the batch may still wait for more readings. */
  #patienceFor(batch: Batch): Duration {
    const { batchAgeMs, clock } = this.#options;
    const [oldest] = batch.readings;
    if (batch.full || !oldest || batch.readings.length >= this.#most || oldest.bootId !== clock.bootId) return 0;
    return Math.min(batchAgeMs, Math.max(0, oldest.monotonicMs + batchAgeMs - clock.monotonic()));
  }

  /** As many of the batch's readings as one post may have, and that post. */
  #fitted(batch: Batch, region: RegionCode): { readonly batch: Batch; readonly body: Buffer } {
    const now = this.#now();
    const lost = batch.lost.slice(0, this.#maxRanges);
    let fitted = firstOf({ ...batch, lost }, this.#most);
    for (;;) {
      const body = Buffer.from(JSON.stringify(encodePost(fitted, region, now)));
      const { length } = fitted.readings;
      if (body.length <= this.#options.batchBytes || length <= 1) return { batch: fitted, body };
      const share = this.#options.batchBytes / body.length;
      fitted = firstOf(fitted, Math.max(1, Math.min(length - 1, Math.floor(length * share))));
    }
  }

  /** One attempt; resolves with the pause before the next one, if there must be one. */
  async #send(whole: Batch, region: RegionCode): Promise<Duration | undefined> {
    const { link, clock, logger } = this.#options;
    const { batch, body } = this.#fitted(whole, region);
    const sentAt = clock.monotonic();
    const verdict = await link.post(body, this.#stopped.signal);
    this.#posts[verdict.kind]++;
    this.#bytesSent += body.length;
    if (verdict.kind === 'accepted') {
      await this.#accepted(batch);
      this.#liveSent = !batch.backlog;
      if (batch.backlog) this.#letRest(batch, clock.monotonic() - sentAt);
      return undefined;
    }
    this.#failuresInRow++;
    const details = { seq: batch.first, readings: batch.readings.length, bytes: body.length, reason: verdict.reason };
    if (verdict.kind === 'failed') {
      const level = this.#failuresInRow === 1 ? 'warn' : 'debug';
      logger[level](details, 'post failed; the readings wait in the spool');
      if (verdict.shorter) this.#most = Math.max(1, Math.floor(batch.readings.length / 2));
      return this.#delays.next().value;
    }
    return this.#refused(batch, details);
  }

  async #accepted(batch: Batch): Promise<void> {
    const { spool, clock, logger } = this.#options;
    await spool.acknowledge(batch);
    if (this.#failuresInRow > 0) logger.info({ attempts: this.#failuresInRow + 1 }, 'the link takes posts again');
    this.#failuresInRow = 0;
    this.#readingsAccepted += batch.readings.length;
    this.#lastAcceptedAt = clock.now();
    this.#delays = this.#newDelays();
    this.#most = Math.min(this.#most * 2, this.#options.batchReadings);
  }

  #letRest({ readings }: Batch, tookMs: Duration): void {
    const { clock, replay, random } = this.#options;
    this.#restsUntil = clock.monotonic() + restAfterReplay({ tookMs, spanMs: spanOf(readings) }, replay, random());
  }

  async #refused(batch: Batch, details: { readonly reason: string }): Promise<Duration | undefined> {
    const { spool, logger } = this.#options;
    const { length } = batch.readings;
    if (length > 1) {
      this.#most = Math.floor(length / 2);
      logger.warn(details, 'post refused; trying half of it');
      return undefined;
    }
    const count = this.#refusals.first === batch.first ? this.#refusals.count + 1 : 1;
    this.#refusals = { first: batch.first, count };
    if (length === 1 && count >= REFUSALS_BEFORE_LOSS) {
      logger.error(
        { code: 'UPLINK_REFUSED', ...details },
        'the link refuses this one reading; it is given up and told as lost',
      );
      await spool.giveUp(batch, 'refused');
    } else logger.warn(details, 'post refused');
    // The waits go on growing until a post is accepted: a link that refuses everything costs few readings, not all.
    return this.#delays.next().value;
  }

  #now(): Moment {
    const { clock, synced } = this.#options;
    return { bootId: clock.bootId, monotonicMs: clock.monotonic(), wallMs: clock.now(), synced: synced() };
  }

  #newDelays(): Generator<Duration, never> {
    return jitteredDelays(this.#options.retry, this.#options.random);
  }

  /** Ends early when `orUntil` is there, and when draining begins. */
  async #sleep(delayMs: Duration, orUntil?: Promise<void>): Promise<void> {
    const over = new AbortController();
    const slept = this.#options.clock.sleep(delayMs, over.signal).catch(() => undefined);
    await this.#unlessDraining(orUntil ? Promise.race([slept, orUntil]) : slept);
    over.abort();
  }

  /** Waits for a promise that may take for ever; draining ends the wait. */
  async #unlessDraining(promise: Promise<void>): Promise<void> {
    const { signal } = this.#draining;
    if (signal.aborted) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        signal.removeEventListener('abort', done);
        resolve();
      };
      signal.addEventListener('abort', done);
      void promise.then(done);
    });
  }
}

/** How long it took to take the readings, in ms; between two boots, nothing is known. */
function spanOf(readings: readonly SpooledReading[]): Duration {
  let spanMs = 0;
  readings.forEach(({ bootId, monotonicMs }, index) => {
    const before = readings[index - 1];
    if (before?.bootId === bootId) spanMs += Math.max(0, monotonicMs - before.monotonicMs);
  });
  return spanMs;
}

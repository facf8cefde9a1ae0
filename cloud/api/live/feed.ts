import { messageOf } from '@tashika/shared/errors';
import type { Clock, Duration, TimerHandle, Timestamp } from '@tashika/shared/time';
import type { Logger, Store, Unsubscribe } from '../../store/index.ts';
import { CHANGE_CHANNEL } from '../../windows/index.ts';
import type { Figures, LiveMessage } from '../shapes.ts';
import { Alarm } from './alarm.ts';
import { HEARTBEAT } from './event-stream.ts';
import { type Census, type Pulse, readCensus, readPulse, type Standpoint } from './pulse.ts';
import { Rates } from './rates.ts';
import { Report } from './report.ts';
import { goesBack, Standpoints } from './standpoints.ts';

/** A look at least this often, should a notification be lost; each one tells the followers how things are. */
const LOOK_INTERVAL_MS: Duration = 1_000;
/** At most 5 broadcasts a second. */
const BROADCAST_INTERVAL_MS: Duration = 200;
const CENSUS_INTERVAL_MS: Duration = 1_000;
/** A census takes at most one part in so many of the time: where counting takes long, it is done less often. */
const CENSUS_SHARE = 20;
const HEARTBEAT_INTERVAL_MS: Duration = 15_000;

/** One who follows the feed. */
export interface Follower {
  readonly open: boolean;
  /** Sends a framed event; false when the follower could not take it and has been dropped. */
  send(bytes: Buffer): boolean;
  end(): void;
}

interface Newcomer {
  readonly follower: Follower;
  /** The change it saw last; undefined for one that comes for the first time. */
  readonly since: number | undefined;
}

interface Asker {
  resolve(message: LiveMessage): void;
  reject(error: unknown): void;
}

export interface LiveFeedOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly silentAfterMs: Duration;
}

/**
 * The live feed: one reader for all clients of the process. It looks at the store when a commit is notified and at
 * least every second, and sends everyone the same text. Looks follow each other, never two at once, and newcomers
 * are taken in by a look, so that nothing falls between their first event and the next.
 */
export class LiveFeed {
  readonly #options: LiveFeedOptions;
  readonly #alarm: Alarm;
  readonly #standpoints = new Standpoints();
  readonly #rates = new Rates();
  readonly #followers = new Set<Follower>();
  #newcomers: readonly Newcomer[] = [];
  #askers: Asker[] = [];
  /** Where the followers stand, and since when. */
  #told: Standpoint | undefined;
  #toldAt: Duration = Number.NEGATIVE_INFINITY;
  #census: Census | undefined;
  #nextCensusAt: Duration = Number.NEGATIVE_INFINITY;
  #heartbeat: TimerHandle | undefined;
  #looking: Promise<void> | undefined;
  #unlisten: Unsubscribe | undefined;
  #failing = false;

  constructor(options: LiveFeedOptions) {
    this.#options = options;
    this.#alarm = new Alarm(options.clock);
  }

  /** Resolves after the first look, whether or not the store could be read. */
  async start(): Promise<void> {
    this.#unlisten = await this.#options.store.listen(CHANGE_CHANNEL, () => this.#onChange());
    this.#beat();
    await this.#lookOrTell(); // from here on it is known what a client that comes back has missed
    this.#alarm.within(LOOK_INTERVAL_MS);
    this.#looking = this.#lookOnAndOn();
  }

  /** Ends every stream; resolves when the store is no longer in use. */
  async stop(): Promise<void> {
    this.#alarm.stop();
    this.#heartbeat?.cancel();
    for (const follower of this.#everyone()) follower.end();
    await this.#looking;
    for (const { reject } of this.#askers.splice(0)) reject(new Error('the live feed has stopped'));
    await this.#unlisten?.();
  }

  /** How many follow, or are about to. */
  get followers(): number {
    return this.#followers.size + this.#newcomers.length;
  }

  /** Sends `follower` a snapshot, or what changed since the change `since` where that is known; then every delta. */
  follow(follower: Follower, since?: number): void {
    this.#newcomers = [...this.#newcomers, { follower, since }];
    this.#alarm.within(0);
  }

  leave(follower: Follower): void {
    this.#followers.delete(follower);
    this.#newcomers = this.#newcomers.filter((newcomer) => newcomer.follower !== follower);
  }

  /** Where things stand now. Rejects when the store can't be read. */
  snapshot(): Promise<LiveMessage> {
    return new Promise((resolve, reject) => {
      this.#askers.push({ resolve, reject });
      this.#alarm.within(0);
    });
  }

  #onChange(): void {
    // Without followers, the look of every second is enough to know the rates and the standpoints.
    if (this.#followers.size > 0) this.#alarm.within(this.#untilNextBroadcast());
  }

  async #lookOnAndOn(): Promise<void> {
    while (await this.#alarm.rung()) {
      this.#alarm.within(LOOK_INTERVAL_MS);
      await this.#lookOrTell();
    }
  }

  async #lookOrTell(): Promise<void> {
    try {
      await this.#look();
      this.#failing = false;
    } catch (error) {
      this.#failed(error);
    }
  }

  async #look(): Promise<void> {
    const { store, clock } = this.#options;
    const pulse = await readPulse(store);
    const now = clock.now();
    this.#standpoints.note(pulse);
    this.#rates.take(clock.monotonic(), pulse);
    const report = new Report(store, pulse, now, this.#figures(pulse, await this.#countedLately(now), now));
    await this.#broadcast(report);
    await this.#takeIn(report);
    await this.#answer(report);
  }

  async #broadcast(report: Report): Promise<void> {
    if (this.#followers.size > 0) {
      const wait = this.#untilNextBroadcast();
      // A state that goes back is told at once: newcomers are about to be told it, and all must stand in one line.
      if (wait > 0 && !(this.#told && goesBack(this.#told, report.standpoint))) return this.#alarm.within(wait);
      const event = await report.eventFor(this.#told);
      for (const follower of this.#followers) if (!follower.send(event)) this.#followers.delete(follower);
    }
    this.#told = report.standpoint;
    this.#toldAt = this.#options.clock.monotonic();
  }

  async #takeIn(report: Report): Promise<void> {
    for (const newcomer of this.#newcomers) {
      const { follower, since } = newcomer;
      const event = await report.eventFor(since === undefined ? undefined : this.#standpoints.of(since));
      this.#newcomers = this.#newcomers.filter((each) => each !== newcomer);
      if (follower.send(event)) this.#followers.add(follower);
    }
  }

  async #answer(report: Report): Promise<void> {
    if (this.#askers.length === 0) return;
    const snapshot = await report.snapshot();
    for (const { resolve } of this.#askers.splice(0)) resolve(snapshot);
  }

  #untilNextBroadcast(): Duration {
    return this.#toldAt + BROADCAST_INTERVAL_MS - this.#options.clock.monotonic();
  }

  async #countedLately(now: Timestamp): Promise<Census> {
    const { store, clock, silentAfterMs } = this.#options;
    const began = clock.monotonic();
    if (!this.#census || began >= this.#nextCensusAt) {
      this.#census = await readCensus(store, now - silentAfterMs);
      const took = clock.monotonic() - began;
      this.#nextCensusAt = began + Math.max(CENSUS_INTERVAL_MS, CENSUS_SHARE * took);
    }
    return this.#census;
  }

  #figures(pulse: Pulse, census: Census, now: Timestamp): Figures {
    return {
      eventsPerSecond: this.#rates.eventsPerSecond,
      readingsPerSecond: this.#rates.readingsPerSecond,
      watermarkDelayMs: pulse.watermark === null ? null : Math.max(0, now - pulse.watermark),
      late: pulse.late,
      duplicates: pulse.duplicates,
      deadLetters: census.deadLetters,
      devicesReporting: census.devicesReporting,
      devicesSilent: census.devicesSilent,
    };
  }

  /** The followers stay and get heartbeats only; what they show grows old until the store answers again. */
  #failed(error: unknown): void {
    for (const { reject } of this.#askers.splice(0)) reject(error);
    if (!this.#failing) this.#options.logger.error({ error: messageOf(error) }, 'the live feed can not read the store');
    this.#failing = true;
  }

  #beat(): void {
    for (const follower of this.#everyone()) follower.send(HEARTBEAT);
    this.#heartbeat = this.#options.clock.after(HEARTBEAT_INTERVAL_MS, () => this.#beat());
  }

  #everyone(): Follower[] {
    return [...this.#followers, ...this.#newcomers.map((newcomer) => newcomer.follower)];
  }
}

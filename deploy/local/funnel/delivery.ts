import type { Clock, Duration } from '@tashika/shared/time';
import { type Faults, fateOf } from './faults.ts';
import type { Admitted } from './reception.ts';
import type { FunnelStats } from './stats.ts';

/** An event, with the SIM that it comes from and the group whose settings it is sent by. */
export interface Posted extends Admitted {
  readonly event: Buffer;
}

export interface DeliveryOptions {
  readonly clock: Clock;
  readonly seed: number;
  readonly faults: () => Readonly<Faults>;
  readonly stats: FunnelStats;
  /** How long a post may wait for the hub before its device hears 503, in ms. */
  readonly holdMs: Duration;
  readonly publish: (posted: Posted, withinMs: Duration | undefined) => Promise<void>;
  readonly hasRoom: (bytes: number) => boolean;
}

/**
 * Carries events to the hub, misbehaving as told. What was answered before it was published (delayed, reordered, the
 * second copy) is tried until it is there: only `lose` makes an answer false.
 */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #posts = new Map<string, number>();
  /** What each SIM's next post overtakes. */
  readonly #overtaken = new Map<string, Set<() => void>>();
  /** Everything that a fault keeps back; calling it lets it go. */
  readonly #keptBack = new Set<() => void>();
  #keptBackBytes = 0;
  #released = false;

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  /** Events that a fault keeps back. */
  get keptBack(): number {
    return this.#keptBack.size;
  }

  /**
   * Answers true once the post may be told taken, false when it is not taken. What is kept back has its room with the
   * publisher reserved: it was answered already and must not be turned away.
   */
  async deliver(posted: Posted): Promise<boolean> {
    const { faults, seed, stats, holdMs, publish } = this.#options;
    const {
      event,
      sim: { imsi },
    } = posted;
    const n = (this.#posts.get(imsi) ?? 0) + 1;
    this.#posts.set(imsi, n);
    const fate = fateOf(faults(), seed, imsi, n);
    if (fate.kind === 'refused') {
      stats.faults.refused += 1;
      return false;
    }
    if (fate.kind === 'lost') {
      stats.faults.lost += 1;
      return true;
    }
    if (fate.when !== 'at-once' && this.#mayKeepBack(event)) {
      if (fate.when === 'delayed') {
        stats.faults.delayed += 1;
        this.#keepBack(posted, fate.delayMs);
      } else {
        stats.faults.reordered += 1;
        this.#keepBack(posted, faults().delayMs, imsi);
      }
    } else {
      if (!this.#hasRoom(event)) return false;
      try {
        await publish(posted, holdMs);
      } catch {
        return false;
      }
      for (const letGo of this.#overtaken.get(imsi) ?? []) letGo();
    }
    if (fate.copyAfterMs !== undefined && this.#mayKeepBack(event)) {
      stats.faults.doubled += 1;
      this.#keepBack(posted, fate.copyAfterMs);
    }
    return true;
  }

  /** The end is near: lets go at once of everything kept back and keeps nothing back any more, so that it is published. */
  release(): void {
    this.#released = true;
    for (const letGo of this.#keptBack) letGo();
  }

  #mayKeepBack(event: Buffer): boolean {
    return !this.#released && this.#hasRoom(event);
  }

  #hasRoom(event: Buffer): boolean {
    return this.#options.hasRoom(this.#keptBackBytes + event.length);
  }

  #keepBack(posted: Posted, delayMs: Duration, overtakenBy?: string): void {
    const { clock, publish } = this.#options;
    const letGo = () => {
      timer.cancel();
      if (!this.#keptBack.delete(letGo)) return;
      this.#keptBackBytes -= posted.event.length;
      if (overtakenBy !== undefined) this.#forget(overtakenBy, letGo);
      // Rejects only when the Funnel is closed before the hub is back: the held count has told so by then.
      publish(posted, undefined).catch(() => {});
    };
    const timer = clock.after(delayMs, letGo);
    this.#keptBack.add(letGo);
    this.#keptBackBytes += posted.event.length;
    if (overtakenBy === undefined) return;
    const waiting = this.#overtaken.get(overtakenBy) ?? new Set();
    this.#overtaken.set(overtakenBy, waiting.add(letGo));
  }

  #forget(imsi: string, letGo: () => void): void {
    const waiting = this.#overtaken.get(imsi);
    waiting?.delete(letGo);
    if (waiting?.size === 0) this.#overtaken.delete(imsi);
  }
}

import type { Clock, Duration } from '@tashika/shared/time';
import type { DaysUse } from '../clock/index.ts';
import { keptUse } from './use-file.ts';

/** Another process keeps its count seldom, so looking often tells nothing more. */
const LOOK_EVERY: Duration = 60_000;

/**
 * What another process of this device has used of the same link today. Each writes its own count alone, and adds the
 * other's, so no write is lost between two.
 */
export class OthersUse {
  readonly #directory: string;
  readonly #clock: Clock;
  #use: DaysUse | undefined;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #looking: Promise<void> | undefined;

  /** @param directory where the other keeps its count */
  constructor(directory: string, clock: Clock) {
    this.#directory = directory;
    this.#clock = clock;
  }

  /** Looks now. */
  look(): Promise<void> {
    this.#lookedAt = this.#clock.monotonic();
    this.#looking ??= keptUse(this.#directory).then((use) => {
      this.#use = use;
      this.#looking = undefined;
    });
    return this.#looking;
  }

  /**
   * Bytes of the day as they were last seen; 0 where they are of another day. What was counted without knowing the day is
   * taken for today's: more is counted than was used, never less.
   */
  bytes(day: number | undefined): number {
    if (this.#clock.monotonic() - this.#lookedAt >= LOOK_EVERY) void this.look();
    const use = this.#use;
    if (use === undefined) return 0;
    return day === undefined || use.day === undefined || use.day === day ? use.bytes : 0;
  }
}

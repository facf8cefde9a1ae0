import type { Clock, Duration } from '@tashika/shared/time';
import { type DaysMeter, untilNextDay } from '../clock/index.ts';
import type { OthersUse } from '../uplink/others-use.ts';
import type { UseFile } from '../uplink/use-file.ts';

/** What the day has cost so far, in bytes, and what it may cost. */
export interface Spent {
  readonly own: number;
  readonly agents: number;
  readonly daily: number;
  /** Of `daily`, the updater's. */
  readonly share: number;
  readonly untilNextDay: Duration;
}

export interface DayBytesParts {
  readonly dailyBytes: number;
  readonly share: number;
  readonly own: DaysMeter;
  /** Where the updater's own count is kept, for the agent and for the next start. */
  readonly file: UseFile;
  /** The agent's own count, on the same link. */
  readonly agents: OthersUse;
  readonly synced: () => boolean;
  readonly clock: Clock;
}

/** The day's bytes that updater and agent share: each writes its own count, and reads the other's. */
export class DayBytes {
  readonly #parts: DayBytesParts;

  constructor(parts: DayBytesParts) {
    this.#parts = parts;
  }

  /** What was used is in the file when it resolves: a kill forgets what comes after it alone. */
  async spent(): Promise<Spent> {
    const { dailyBytes, share, own, file, agents, synced, clock } = this.#parts;
    await file.settled;
    await agents.look();
    const { use } = own;
    return {
      own: use.bytes,
      agents: agents.bytes(use.day),
      daily: dailyBytes,
      share,
      untilNextDay: untilNextDay(use, clock.now(), synced()),
    };
  }
}

/** What the day has left for both. */
export function leftForAll({ own, agents, daily }: Spent): number {
  return daily - own - agents;
}

/** What it has left for the updater; undefined is without a limit. */
export function leftForUpdates(spent: Spent | undefined): number {
  if (!spent) return Number.POSITIVE_INFINITY;
  return Math.min(spent.daily * spent.share - spent.own, leftForAll(spent));
}

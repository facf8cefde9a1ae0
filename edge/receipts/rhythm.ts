import type { Duration } from '@tashika/shared/time';

/** What the next question depends on. */
export interface Urgency {
  /** Rounds of questions since the last one that was answered. */
  readonly failuresInRow: number;
  /** How much of the room for what is unconfirmed is taken, 0 to 1. */
  readonly fill: number;
  /** Whether the last receipt asked for more than could be taken up at once. */
  readonly more: boolean;
  /** Whether all that is unconfirmed has been sent as often as it may be. */
  readonly hopeless: boolean;
}

const MUCH = 0.5;
const MOST_DOUBLINGS = 4;

/**
 * How many intervals lie between two rounds of questions. A cloud that does not answer is asked more and more rarely,
 * however full the spool: what it can't answer, it can't answer sooner.
 */
export function intervalsBetween({ failuresInRow, fill, more, hopeless }: Urgency): number {
  if (failuresInRow > 0) return 2 ** Math.min(failuresInRow, MOST_DOUBLINGS);
  if (more || fill >= MUCH) return 1 / 4;
  return hopeless ? 6 : 1;
}

/** A share of an interval around 1, so that devices that ask in step drift apart. @param random 0 to 1, 1 excluded */
export function jitter(random: number): number {
  return 0.75 + random / 2;
}

/** How often it is looked whether the question has become urgent. */
export function lookEvery(intervalMs: Duration): Duration {
  return Math.ceil(intervalMs / 8);
}

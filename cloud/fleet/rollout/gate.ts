import type { Timestamp } from '@tashika/shared/time';
import type { Queryable } from '../../store/index.ts';
import type { SignalStanding, Verdict } from '../gate/index.ts';
import type { RolloutPlan } from './plan.ts';

/** What the gate is told of a rollout that it is to judge. */
export interface JudgedRollout {
  readonly id: string;
  readonly tenant: string;
  readonly kind: 'agent' | 'system';
  readonly version: string;
  readonly plan: RolloutPlan;
  readonly startedAt: Timestamp;
  /** The wave under way, from 1. */
  readonly wave: number;
  /** The last round that it has looked at; 0 before the first. */
  readonly round: number;
  /** What it kept of its last look; `{}` before the first. It may be megabytes: it is asked for where there is a round to look at. */
  readonly state: () => Promise<unknown>;
}

/** What the gate says after a round. */
export interface GateLook {
  readonly round: number;
  /** The end of the round. */
  readonly at: Timestamp;
  readonly verdict: Verdict;
  readonly signals: readonly SignalStanding[];
  /** What it wants to be given back at its next look; goes into `rollout.gate` as JSON. */
  readonly state: unknown;
}

/** Judges rollouts by what the ledger says of their devices. */
export interface Gate {
  /**
   * Looks at the oldest finished round after `rollout.round`. Undefined while there is none. It writes nothing: the
   * coordinator keeps what it answers, in the transaction that takes the steps which follow from it.
   */
  look(transaction: Queryable, rollout: JudgedRollout, now: Timestamp): Promise<GateLook | undefined>;
}

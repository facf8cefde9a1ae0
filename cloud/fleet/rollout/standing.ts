import type { Timestamp } from '@tashika/shared/time';
import type { AuditEntry } from '../audit.ts';
import type { SignalName, Verdict } from '../gate/index.ts';
import type { Reason } from '../reason/index.ts';
import type { GateLook } from './gate.ts';
import type { RolloutPlan } from './plan.ts';
import type { DeviceState, RolloutState } from './states.ts';

/** What halted a rollout. */
export interface Failing {
  /** Null where no signal did: its image was revoked. */
  readonly signal: SignalName | 'installation' | null;
  /** Since when the signal has been raised; null where that is not known. */
  readonly since: Timestamp | null;
  /** Controller ids; 100 at most. */
  readonly devices: readonly string[];
  /** In words. */
  readonly reason: string;
  /** When it was halted; left out of what was kept before this was. */
  readonly haltedAt?: Timestamp | undefined;
  /** Not there where it was halted before there were codes. */
  readonly why?: Reason | undefined;
}

/** A rollout as it stands. */
export interface Standing {
  readonly id: string;
  /** `agent/1.5.0`. */
  readonly image: string;
  readonly version: string;
  readonly plan: RolloutPlan;
  readonly state: RolloutState;
  /** The wave under way, from 1; 0 before the start. */
  readonly wave: number;
  /** When the last device of the wave was done, so that its soak began; null before. */
  readonly waveSince: Timestamp | null;
  readonly reason: string | null;
  /** What the sentence is made of; null where it was kept before there were codes. */
  readonly why: Reason | null;
  /** Of the state. */
  readonly since: Timestamp;
  /** A person, or `gate`; null while it is not paused. */
  readonly pausedBy: string | null;
  /** What the gate said last, and the end of the round that it said it of. */
  readonly verdict: { readonly at: Timestamp; readonly verdict: Verdict } | null;
  readonly failing: Failing | null;
  readonly endedAt: Timestamp | null;
}

/** What was wanted of a device last, and what became of it. */
export interface ActionFact {
  readonly id: number | bigint;
  readonly purpose: 'update' | 'rollback';
  readonly state: 'open' | 'canceling' | 'closed';
  readonly outcome: 'success' | 'failure' | 'cancelled' | null;
  /** What the updater said last, in the words of DDI's `execution`. */
  readonly progress: string | null;
  /** The updater's last words. */
  readonly detail: string | null;
  /** Why the server closed it as failed by itself; null where it did not, or that was kept before there were codes. */
  readonly givenUp: Reason | null;
  /** Whether it has ever said that it was about to start the new one. */
  readonly rebooted: boolean;
  /** Whether it has ever said that it can't stop any more: it is not asked again, whatever it said since. */
  readonly insists: boolean;
  readonly createdAt: Timestamp;
  readonly fetchedAt: Timestamp | null;
}

/** A device of a rollout as it stands, with what is known of it. */
export interface DeviceStanding {
  readonly controllerId: string;
  readonly wave: number;
  readonly region: string | null;
  readonly board: string | null;
  readonly state: DeviceState;
  readonly since: Timestamp;
  readonly previousVersion: string | null;
  /** When its readings first told the new version. */
  readonly updatedAt: Timestamp | null;
  readonly detail: string | null;
  /** What the detail is made of. */
  readonly why: Reason | null;
  readonly action: ActionFact | null;
  /** Whether a SIM is known to be in it: readings are told of a SIM, and without one none are its own. */
  readonly hasSim: boolean;
  /** The version that its readings told last, and when they were taken; null where they tell none. */
  readonly told: { readonly version: string; readonly at: Timestamp } | null;
}

/** What is known of a rollout beyond its devices. */
export interface Facts {
  /** In the order in which they are offered the image. */
  readonly devices: readonly DeviceStanding[];
  /** Why its image was revoked; null while it is not. */
  readonly revoked: string | null;
  /** Versions of the same kind of image that may be given out. */
  readonly offerable: ReadonlySet<string>;
  /** What the gate says of a round that it had not looked at before. */
  readonly look: GateLook | undefined;
}

export interface DeviceChange {
  readonly controllerId: string;
  readonly to: DeviceState;
  readonly detail: string | null;
  readonly why: Reason | null;
  readonly updatedAt: Timestamp | null;
}

/** A device is to install `version`. */
export interface Offer {
  readonly controllerId: string;
  readonly purpose: 'update' | 'rollback';
  readonly version: string;
}

/** What follows from facts: the rollout as it stands then, and what is to be done. */
export interface Step {
  readonly standing: Standing;
  readonly changes: readonly DeviceChange[];
  readonly offers: readonly Offer[];
  /** Devices whose open action is to be taken back. */
  readonly cancels: readonly string[];
  readonly entries: readonly AuditEntry[];
}

/** Whether a step does anything at all. */
export function isStep({ standing, changes, offers, cancels }: Step, before: Standing): boolean {
  return standing !== before || changes.length + offers.length + cancels.length > 0;
}

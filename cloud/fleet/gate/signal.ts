import type { Timestamp } from '@tashika/shared/time';
import type { Reason } from '../reason/index.ts';

/** What the gate looks at. */
export const SIGNALS = ['version', 'silence', 'rate', 'completeness', 'clock', 'restarts', 'spool'] as const;
export type SignalName = (typeof SIGNALS)[number];

/** One device over one round: differences to the round before, and how it stood at the end. */
export interface DeviceRound {
  readonly controllerId: string;
  readonly region: string;
  readonly board: string;
  /** When its readings first told the new version; undefined for a device that was not updated: a neighbour. */
  readonly updatedAt: Timestamp | undefined;
  /** Readings counted in this round. */
  readonly readings: number;
  /** Readings that are newly missing or told lost. */
  readonly gone: number;
  readonly posts: number;
  readonly deadLetters: number;
  readonly held: number;
  readonly lastSeen: Timestamp;
  readonly clock: string | undefined;
  /** Starts of the agent in this round; undefined where it tells none. */
  readonly starts: number | undefined;
  /** The version that its readings tell, of the kind of image that is rolled out. */
  readonly agentVersion: string | undefined;
  /** Its wave has passed: where a region has no neighbours left, it stands in for them. */
  readonly kept?: boolean;
  /** It is being updated, or rolled back, or was: it speaks neither as an updated device nor as a neighbour. */
  readonly aside?: boolean;
}

/** A round as the gate looks at it: every device of the rollout, and the neighbours of the updated ones. */
export interface GateRound {
  readonly round: number;
  /** The end of the round, and its length. */
  readonly at: Timestamp;
  readonly roundMs: number;
  readonly devices: readonly DeviceRound[];
}

/** How a signal stands. `evidence` ≥ `threshold` halts. */
export interface SignalStanding {
  readonly signal: SignalName;
  readonly observed: number | null;
  readonly expected: number | null;
  readonly evidence: number;
  readonly threshold: number;
  /** Updated devices that were looked at. */
  readonly devices: number;
  /** Those that speak against the image most, the worst first; 20 at most. */
  readonly worst: readonly string[];
  /** Since when the evidence has been above a tenth of the threshold; null while it is not. */
  readonly since: Timestamp | null;
}

/**
 * What the gate says of the wave under way. `unjudgeable`: the neighbours are silent too, as in an outage of a region,
 * so that nothing can be said; the rollout waits.
 */
export type Verdict =
  | {
      /** `good`: enough devices were heard, and no evidence has been raised for less than a soak. A wave may pass at the end of its soak. */
      readonly verdict: 'watching' | 'good';
      /** Updated devices that have fallen silent, beyond their rhythm. */
      readonly silent?: readonly string[];
    }
  | {
      readonly verdict: 'bad';
      readonly signal: SignalName;
      readonly reason: string;
      /** Not there where an older gate said it. */
      readonly why?: Reason | undefined;
      readonly devices: readonly string[];
    }
  | {
      readonly verdict: 'unjudgeable';
      readonly reason: string;
      readonly why?: Reason | undefined;
      readonly regions: readonly string[];
    };

/** By what a rollout is judged. */
export interface GateSettings {
  /** `plan.gate.falseHalts`, over all signals and the whole rollout. */
  readonly falseHalts: number;
  /** `plan.gate.leastDevices`. */
  readonly leastDevices: number;
  /** The version that updated devices are to tell. */
  readonly version: string;
  /** `fleet.sampleMs`. */
  readonly sampleMs: number;
  /** `plan.soakMinutes` in ms, and `plan.gate.mostFailed`: more silent devices than that at the end of it are bad. */
  readonly soakMs: number;
  readonly mostFailed: number;
}

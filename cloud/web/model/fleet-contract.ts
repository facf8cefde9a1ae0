import type { ImageRecord } from '@tashika/shared/image';
import type { SignalName } from '../../fleet/gate/signal.ts';
import type { Reason } from '../../fleet/reason/reason.ts';
import type { DeviceState, RolloutState } from '../../fleet/rollout/states.ts';

/** What the API answers of images and rollouts. Times are ISO 8601 UTC with milliseconds; images are `agent/1.5.0`. */

/** What halts a rollout. */
export type HaltingSignal = SignalName | 'installation';

export interface FleetImage {
  readonly image: string;
  /** What its build tells. */
  readonly record: ImageRecord;
  readonly channels: readonly string[];
  readonly importedAt: string;
  readonly importedBy: string;
  readonly revokedAt: string | null;
  readonly revokedReason: string | null;
  /** What it was built on, where the registry does not have that. */
  readonly missingParent: string | null;
  /** Other versions that have its bytes. */
  readonly sameBytes: readonly string[];
  /** Rollouts of it that were halted, the latest first. */
  readonly halts: readonly {
    readonly rollout: string;
    readonly at: string | null;
    /** Null where no signal halted it: the image was revoked. */
    readonly signal: HaltingSignal | null;
  }[];
  /** Devices that have it now. */
  readonly devices: number;
}

export interface FleetImageList {
  readonly images: readonly FleetImage[];
}

/** How many devices are in each state. */
export type ByState = Readonly<Record<string, number>>;

export interface RolloutWave {
  readonly wave: number;
  readonly state: 'waiting' | 'updating' | 'soaking' | 'passed' | 'failed' | 'skipped';
  /** Of this wave alone. */
  readonly devices: number;
  /** Of it and of those before. */
  readonly cumulative: number;
  readonly byState: ByState;
  readonly soakUntil: string | null;
}

export interface RolloutSignal {
  readonly signal: SignalName;
  readonly observed: number | null;
  readonly expected: number | null;
  /** An e-value: it begins at 1, and halts at the threshold. */
  readonly evidence: number;
  readonly threshold: number;
  /** Updated devices that were looked at. */
  readonly devices: number;
  /** Controller ids, the worst first. */
  readonly worst: readonly string[];
  readonly since: string | null;
  /** A round each, the newest last. */
  readonly series: readonly {
    readonly at: string;
    readonly observed: number | null;
    readonly expected: number | null;
    readonly evidence: number;
  }[];
}

export interface RolloutSummary {
  readonly id: string;
  readonly image: string;
  readonly state: RolloutState;
  readonly reason: string | null;
  readonly why?: Reason;
  /** Of the state. */
  readonly since: string;
  /** The one under way, from 1; 0 before the start. */
  readonly wave: number;
  readonly wavesTotal: number;
  readonly devices: number;
  /** Devices that were ever offered the image. */
  readonly touched: number;
  readonly byState: ByState;
  readonly createdAt: string;
  readonly createdBy: string;
  readonly approvedBy: string | null;
  /** A person, or `gate`, which goes on by itself; null while it is not paused. */
  readonly pausedBy: string | null;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
}

export interface RolloutList {
  readonly rollouts: readonly RolloutSummary[];
  readonly next: string | null;
}

export interface Rollout extends RolloutSummary {
  /** Of the plan, what the page tells. */
  readonly plan: {
    readonly soakMinutes?: number;
    readonly mostInParallel?: number;
    readonly maintenanceWindow?: { readonly from: string; readonly to: string };
  };
  readonly waves: readonly RolloutWave[];
  readonly signals: readonly RolloutSignal[];
  /** What halted it; `signal` is null where nothing did, or none was named. */
  readonly failing: {
    readonly signal: HaltingSignal | null;
    readonly since: string | null;
    readonly haltedAt: string | null;
    readonly devices: readonly string[];
  };
  /** Why devices did not come to the image, or do not leave it; the most first. */
  readonly setbacks: readonly {
    readonly state: DeviceState;
    readonly detail: string;
    readonly why?: Reason;
    readonly devices: number;
    /** Controller ids; 5 at most. */
    readonly some: readonly string[];
  }[];
}

export interface AuditEntry {
  readonly id: string;
  readonly at: string;
  /** A person, `gate`, `rollout`, or `device:<controller id>`. */
  readonly actor: string;
  readonly subject: string;
  readonly event: string;
  readonly from: string | null;
  readonly to: string | null;
  readonly reason: string;
  /** What the reason is made of; not there where a person wrote it. */
  readonly why?: Reason;
}

export interface AuditList {
  readonly entries: readonly AuditEntry[];
  /** What to pass as `before` for older ones; null where there are none. */
  readonly next: string | null;
}

export interface FleetVersions {
  readonly asOf: string;
  readonly regions: readonly {
    readonly region: string;
    readonly versions: readonly { readonly version: string; readonly devices: number }[];
  }[];
}

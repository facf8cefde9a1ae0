import type { Coverage } from '../api/index.ts';
import type { SecretReference } from './reference.ts';
import type { WantedGroup, WantedSim } from './schema.ts';

export interface DeclaredCredential {
  readonly type: string;
  readonly description?: string;
  /** What is stored; undefined for one that must be there and is left alone. */
  readonly fields?: Readonly<Record<string, string | SecretReference>>;
}

export interface DeclaredSim extends WantedSim {
  /** Where it stands, such as `sims.csv line 7`. */
  readonly origin: string;
}

/** All files of a folder, checked: what an account is to be. */
export interface Declaration {
  readonly operatorId: string;
  readonly coverage: Coverage;
  readonly mark: string;
  readonly requireApproval: boolean;
  readonly credentials: Readonly<Record<string, DeclaredCredential>>;
  /** By name. */
  readonly groups: Readonly<Record<string, WantedGroup>>;
  readonly sims: readonly DeclaredSim[];
}

/** The tag that says what a group or SIM was made or changed by. */
export const MARK_TAG = 'managedBy';

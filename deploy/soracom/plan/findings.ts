import type { ErrorCode } from '@tashika/shared/errors';
import type { Action } from './action.ts';

/** Why there can be no plan. */
export interface Problem {
  readonly code: ErrorCode;
  readonly sentence: string;
}

/** Something in the account that no file names, though it is of the kind that the files are about. */
export interface Leftover {
  readonly kind: 'credential' | 'group' | 'entry-point' | 'sim';
  /** As people call it. */
  readonly name: string;
  /** Where an entry point or a SIM was found. */
  readonly group?: string;
  /** It bears the mark: `--prune` would take it away. */
  readonly ours: boolean;
  /** Why it is kept all the same. */
  readonly kept?: string;
}

export interface Findings {
  readonly actions: readonly Action[];
  readonly problems: readonly Problem[];
  readonly leftovers: readonly Leftover[];
}

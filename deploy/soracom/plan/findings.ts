import type { ErrorCode } from '@tashika/shared/errors';
import type { Action } from './action.ts';

/** Why there can be no plan. */
export interface Problem {
  readonly code: ErrorCode;
  readonly sentence: string;
}

/** Something in the account that no file names, though it is of the kind that the files are about. */
export interface Leftover {
  readonly what: string;
  /** It bears the mark: `--prune` would take it away, unless `kept` says why not. */
  readonly ours: boolean;
  readonly kept?: string;
}

export interface Findings {
  readonly actions: readonly Action[];
  readonly problems: readonly Problem[];
  readonly leftovers: readonly Leftover[];
}

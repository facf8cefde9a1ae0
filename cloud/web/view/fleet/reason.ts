import { type Reason, sentenceIn } from '../../../fleet/reason/reason.ts';
import { text } from '../../page/preferences.ts';

/** A reason in the reader's language; as it was written where a person did, or where it is older than its codes. */
export function reasonOf<Written extends string | null>(told: {
  readonly reason: Written;
  readonly why?: Reason;
}): string | Written {
  return (told.why && sentenceIn(text.value.fleet.reasons, told.why)) ?? told.reason;
}

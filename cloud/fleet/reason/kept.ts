import { storable } from '../../ingest/text.ts';
import { sentenceOf } from './english.ts';
import type { Reason } from './reason.ts';

/** Longest words that are kept in a reason, and how long a reason may be as JSON. */
const LONGEST_WORDS = 1_000;
const MOST_CHARACTERS = 4_000;

/** A reason as it is told: its sentence, and what that is made of. */
export interface Told {
  readonly reason: string;
  readonly why: Reason;
}

export function told(why: Reason): Told {
  return { reason: sentenceOf(why), why };
}

/** A reason that was kept before there were codes is the sentence that it was kept as. */
export function reasonOf(why: Reason | null | undefined, sentence: string | null): Reason | null {
  if (why) return why;
  return sentence === null ? null : { code: 'words', values: { words: sentence } };
}

/**
 * A reason as PostgreSQL can keep it: long words in it are cut. Null where it is too long all the same: then the sentence
 * beside it, which is cut too, is all that is kept.
 */
export function storableReason(why: Reason | null | undefined): Reason | null {
  if (!why) return null;
  let left = MOST_CHARACTERS;
  const kept = withStorableWords(why);
  return left >= 0 ? (kept as Reason) : null;

  function withStorableWords(part: unknown): unknown {
    if (typeof part === 'string') {
      const words = storable(part, LONGEST_WORDS);
      left -= words.length;
      return words;
    }
    if (typeof part !== 'object' || part === null) return part;
    if (Array.isArray(part)) return part.map(withStorableWords);
    return Object.fromEntries(Object.entries(part).map(([name, value]) => [name, withStorableWords(value)]));
  }
}

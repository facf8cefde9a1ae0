import { type Chance, seededChance } from '@tashika/shared/chance';

/** How often Funnel misbehaves: each a rate in 0..1 of the posts. */
export interface Faults {
  /** Answers that the post is taken and publishes nothing. */
  lose: number;
  /** Answers at once and publishes up to `delayMs` later. */
  delay: number;
  /** Publishes twice, the copy a while after, on whatever partition comes next. */
  double: number;
  /** Answers at once and publishes after the SIM's next post (or `delayMs`, if none comes). */
  reorder: number;
  /** Answers 503 and takes nothing. */
  refuse: number;
  /** The longest that a fault keeps a post or a copy back, in ms. */
  delayMs: number;
}

export const NO_FAULTS: Faults = { lose: 0, delay: 0, double: 0, reorder: 0, refuse: 0, delayMs: 2_000 };

/** What becomes of one post. */
export type Fate =
  | { readonly kind: 'refused' }
  | { readonly kind: 'lost' }
  | {
      readonly kind: 'published';
      readonly when: 'at-once' | 'delayed' | 'overtaken';
      /** For a delayed post: how long it is kept back, in ms. */
      readonly delayMs: number;
      /** A second copy follows this many ms after; undefined for none. */
      readonly copyAfterMs: number | undefined;
    };

/** The fate of a SIM's n-th post. It depends on the seed, the SIM and `n` alone, not on what other SIMs do meanwhile. */
export function fateOf(faults: Readonly<Faults>, seed: number, imsi: string, n: number): Fate {
  const chance: Chance = seededChance(seed, imsi, n);
  if (chance.happens(faults.refuse)) return { kind: 'refused' };
  if (chance.happens(faults.lose)) return { kind: 'lost' };
  const delayed = chance.happens(faults.delay);
  const reordered = chance.happens(faults.reorder);
  const doubled = chance.happens(faults.double);
  return {
    kind: 'published',
    when: delayed ? 'delayed' : reordered ? 'overtaken' : 'at-once',
    delayMs: chance.between(0, faults.delayMs),
    copyAfterMs: doubled ? chance.between(0, faults.delayMs) : undefined,
  };
}

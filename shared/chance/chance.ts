/** Seeded randomness: the same seed tells the same story, so a run that showed a fault can be run again. */
export interface Chance {
  /** Uniform in [0, 1). */
  next(): number;
  /** True with probability `rate`; 0 never, 1 always. */
  happens(rate: number): boolean;
  /** Uniform in [low, high). */
  between(low: number, high: number): number;
}

/** A source of its own per seed: parts are joined, so `seededChance(7, imsi, n)` is independent of what came before. */
export function seededChance(...seed: readonly (string | number)[]): Chance {
  const next = mulberry32(fnv1a(seed.join('\u0000')));
  return {
    next,
    happens: (rate) => next() < rate,
    between: (low, high) => low + next() * (high - low),
  };
}

/** FNV-1a, 32 bits. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}

/** Tommy Ettinger's mulberry32: 32 bits of state, enough for simulated weather and faults. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

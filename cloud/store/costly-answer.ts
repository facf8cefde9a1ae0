import type { Clock } from '@tashika/shared/time';

/** An answer is given again for this many times as long as it took to find. */
const KEPT_FOR_TIMES_ITS_COST = 10;

/**
 * What takes a scan of a large table, found anew for a tenth of the time at most, however many ask: they share the answer,
 * also while it is being found. A failure is told to those who waited for it, and not kept.
 */
export function costlyAnswer<Answer>(clock: Clock, find: () => Promise<Answer>): () => Promise<Answer> {
  let latest: { readonly answer: Promise<Answer>; readonly goodUntil: number } | undefined;
  return () => {
    if (latest && clock.monotonic() < latest.goodUntil) return latest.answer;
    const begun = clock.monotonic();
    const answer = find();
    latest = { answer, goodUntil: Number.POSITIVE_INFINITY };
    answer.then(
      () => {
        const ended = clock.monotonic();
        latest = { answer, goodUntil: ended + KEPT_FOR_TIMES_ITS_COST * (ended - begun) };
      },
      () => {
        latest = undefined;
      },
    );
    return answer;
  };
}

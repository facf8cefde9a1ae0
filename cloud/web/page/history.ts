import { computed, effect, signal } from '@preact/signals';
import { messageOf } from '@tashika/shared/errors';
import { systemClock } from '@tashika/shared/time';
import { fetchWindows } from '../feed/requests.ts';
import { applyHistory, HISTORY } from '../model/live.ts';
import { live, openEnd } from './live-feed.ts';
import { regionIsLoaded, selectedCode, shownEnd, shownIsKnown } from './selection.ts';

const RETRY_AFTER = 5_000;

/** Why the chosen region's past could not be had; null while all is well. */
export const historyError = signal<string | null>(null);

const generation = computed(() => live.value.generation);
const attempt = signal(0);

/** Asks for what the feed's snapshot does not hold: the chosen region's two hours, and an older final minute. */
export function startHistory(): void {
  effect(() => {
    attempt.value;
    if (generation.value === 0 || regionIsLoaded.value) return;
    const region = selectedCode.value;
    const to = openEnd.peek();
    return ask({ from: to - HISTORY, to, region }, { region });
  });
  effect(() => {
    attempt.value;
    const minute = shownEnd.value;
    if (generation.value === 0 || minute === null || shownIsKnown.value) return;
    return ask({ from: minute, to: minute }, { minute });
  });
}

/** Starts a request; the answer abandons it. */
function ask(
  query: Parameters<typeof fetchWindows>[0],
  loaded: Pick<Parameters<typeof applyHistory>[1], 'region' | 'minute'>,
): () => void {
  const asked = generation.peek();
  const abort = new AbortController();
  fetchWindows(query, abort.signal).then(
    (windows) => {
      historyError.value = null;
      live.value = applyHistory(live.value, { generation: asked, windows, ...loaded });
    },
    (error) => {
      if (abort.signal.aborted) return;
      historyError.value = messageOf(error);
      systemClock.after(RETRY_AFTER, () => {
        if (!abort.signal.aborted) attempt.value += 1;
      });
    },
  );
  return () => abort.abort();
}

import type { Clock, Duration, TimerHandle } from '@tashika/shared/time';
import { watchEdges } from './edges.ts';
import type { CharacterLine, WatchOptions } from './libgpiod.ts';
import type { GpioTools } from './tools.ts';

/** How long a line may be quiet before its level is read again, in case an edge was lost. */
const READ_BACK_MS: Duration = 60_000;

export interface LevelWatched {
  readonly onReady: () => void;
  /** The level is this, since then; said again and again, whether or not it is news. */
  readonly onLevel: (level: boolean, since: Duration) => void;
}

/**
 * Watches a line's level by `gpiomon`. Only its edges are told, and the kernel lets nobody read a line that is
 * watched. So the level is read before the watch begins, and a watch that has told nothing for a minute is ended and
 * begun again: what happened in between is then known.
 */
export async function watchLevelByGpiomon(
  tools: GpioTools,
  line: CharacterLine,
  options: WatchOptions,
  { onReady, onLevel }: LevelWatched,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  // Both edges, whatever is wanted of them: the level is known by all that happens.
  const watched: WatchOptions = { ...options, edge: 'both' };
  while (!signal.aborted) {
    const level = await tools.level(line, watched);
    if (signal.aborted) return;
    onLevel(level, clock.monotonic());
    // Not AbortSignal.any: a signal that lives for years would keep a trace of each watch.
    const watch = new AbortController();
    const end = () => watch.abort();
    signal.addEventListener('abort', end, { once: true });
    let timer: TimerHandle | undefined;
    const wait = () => {
      timer?.cancel();
      timer = clock.after(READ_BACK_MS, end);
    };
    const onEdge = (edge: { readonly level: boolean }) => {
      wait();
      onLevel(edge.level, clock.monotonic() - options.debounceMs);
    };
    wait();
    try {
      await watchEdges({ tools, line, options: watched, onReady, onEdge, clock, signal: watch.signal }, level);
    } finally {
      signal.removeEventListener('abort', end);
      timer?.cancel();
    }
  }
}

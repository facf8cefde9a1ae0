import type { Clock, TimerHandle } from '@tashika/shared/time';
import { Debounce } from './debounce.ts';
import type { CharacterLine, LineEdge, WatchOptions } from './libgpiod.ts';
import { type Monitored, monitorLine } from './monitor.ts';
import type { GpioTools } from './tools.ts';

/**
 * Watches a line for debounced edges, whichever libgpiod there is: version 2 has the kernel do it, version 1 has both
 * edges watched and debounced here.
 *
 * @param level of the line before; undefined where it is not known
 */
export async function watchEdges(
  tools: GpioTools,
  line: CharacterLine,
  options: WatchOptions,
  { onReady, onEdge }: Monitored,
  clock: Clock,
  signal: AbortSignal,
  level?: boolean,
): Promise<void> {
  if (tools.major === 2 || options.debounceMs === 0)
    return monitorLine(tools, line, options, { onReady, onEdge }, clock, signal);
  const debounce = new Debounce(options.debounceMs, level);
  let quiet: TimerHandle | undefined;
  const tell = (edge: LineEdge | undefined) => {
    if (!edge) return;
    if (options.edge === 'both' || edge.level === (options.edge === 'rising')) onEdge(edge);
  };
  const onRawEdge = (edge: LineEdge) => {
    tell(debounce.take(edge));
    quiet?.cancel();
    quiet = clock.after(options.debounceMs, () => tell(debounce.quiet()));
  };
  try {
    await monitorLine(tools, line, { ...options, edge: 'both' }, { onReady, onEdge: onRawEdge }, clock, signal);
  } finally {
    quiet?.cancel();
  }
}

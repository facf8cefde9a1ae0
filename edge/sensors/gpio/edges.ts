import type { TimerHandle } from '@tashika/shared/time';
import { Debounce } from './debounce.ts';
import type { LineEdge } from './libgpiod.ts';
import { type LineWatch, monitorLine } from './monitor.ts';

/**
 * Watches a line for debounced edges, whichever libgpiod there is: version 2 has the kernel do it, version 1 has both
 * edges watched and debounced here.
 *
 * @param level of the line before; undefined where it is not known
 */
export async function watchEdges(watch: LineWatch, level?: boolean): Promise<void> {
  const { tools, options, onEdge, clock } = watch;
  if (tools.major === 2 || options.debounceMs === 0) return monitorLine(watch);
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
    await monitorLine({ ...watch, options: { ...options, edge: 'both' }, onEdge: onRawEdge });
  } finally {
    quiet?.cancel();
  }
}

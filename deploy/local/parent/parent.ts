const WATCH_MS = 1_000;

/**
 * Calls `stop`, once, when the process that started this one has ended: a kill of npm does not reach what npm runs.
 *
 * @returns what ends the watch
 */
export function whenParentEnds(stop: () => void): () => void {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    stop();
  }, WATCH_MS);
  return () => clearInterval(watch);
}

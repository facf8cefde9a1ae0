import type { Clock, Duration, TimerHandle } from '@tashika/shared/time';

/** At ten readings a second some hundreds of KiB of garbage; a collection takes 15 ms on a desktop. */
const EVERY: Duration = 300_000;

/**
 * Collects garbage now and then. By itself V8 waits until 8 MiB have gathered, which takes an agent an hour, and then
 * keeps the pages.
 *
 * @param collect what `--expose-gc` gives; without it V8 is left to itself
 * @returns what ends it
 */
export function collectGarbage(clock: Clock, collect = globalThis.gc): Pick<TimerHandle, 'cancel'> {
  if (!collect) return { cancel() {} };
  const again = (): TimerHandle =>
    clock.after(EVERY, () => {
      collect();
      timer = again();
    });
  let timer = again();
  return { cancel: () => timer.cancel() };
}

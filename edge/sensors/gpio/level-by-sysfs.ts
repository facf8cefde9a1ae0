import { messageOf } from '@tashika/shared/errors';
import type { Clock, Duration, TimerHandle } from '@tashika/shared/time';
import { aborted } from '../aborted.ts';
import type { DeviceSession } from '../driver.ts';
import type { LevelWatched } from './level-by-gpiomon.ts';
import type { WatchOptions } from './libgpiod.ts';
import type { GpioLine, OpenLine } from './line.ts';

/** How often the level is read without an edge: it mends a lost edge and notices a chip that is gone. */
const READ_BACK_MS: Duration = 10_000;

export interface SysfsLine {
  /** The kernel's number. */
  readonly number: number;
  /** The BCM number, for a person. */
  readonly pin: number;
  readonly options: WatchOptions;
}

/**
 * Watches a line's level through sysfs, for as long as `signal` lets it. It knows levels, not pulses: edges that come
 * faster than they can be handled are merged, and only the level they end in is sure.
 */
export async function watchLevelBySysfs(
  { number, pin, options: { activeLow, debounceMs } }: SysfsLine,
  session: DeviceSession,
  { onReady, onLevel }: LevelWatched,
  open: OpenLine,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  let line: GpioLine | undefined;
  let settling: TimerHandle | undefined;
  let readBack: TimerHandle | undefined;
  let changedAt: Duration | undefined;
  let noisy = false;
  let lose = (_reason: Error): void => {};
  const lost = new Promise<never>((_, reject) => {
    lose = reject;
  });
  lost.catch(() => {}); // a line may be lost while nobody waits for it yet

  const settle = () => {
    settling?.cancel();
    settling = undefined;
    const since = changedAt ?? clock.monotonic();
    changedAt = undefined;
    try {
      const level = line?.read();
      if (level !== undefined) onLevel(level, since);
    } catch (error) {
      lose(new Error(`GPIO${pin} can't be read any more: ${messageOf(error)}`, { cause: error }));
    }
  };
  const onEdge = () => {
    // A contact bounces: the change is timed by its first edge and judged when the line has been quiet.
    changedAt ??= clock.monotonic();
    settling?.cancel();
    if (debounceMs === 0) settle();
    else settling = clock.after(debounceMs, settle);
  };
  const keepReading = () => {
    readBack = clock.after(READ_BACK_MS, keepReading);
    // Noise that never ends must not keep the level unknown for ever.
    const settlingMs = changedAt === undefined ? 0 : clock.monotonic() - changedAt;
    const noise = settlingMs >= READ_BACK_MS;
    if (noise !== noisy) session.running(noise ? chatter(pin, debounceMs) : undefined);
    noisy = noise;
    if (!settling || noise) settle();
  };

  try {
    line = await open(number, { activeLow, onEdge }).catch((error) => {
      throw new Error(`GPIO${pin} (line ${number}) can't be opened: ${messageOf(error)}`, { cause: error });
    });
    onReady();
    keepReading();
    await Promise.race([lost, aborted(signal)]);
  } finally {
    settling?.cancel();
    readBack?.cancel();
    line?.close();
  }
}

function chatter(pin: number, debounceMs: Duration): string {
  return `GPIO${pin} never keeps a level for ${debounceMs} ms: look for a loose contact or a missing pull.`;
}

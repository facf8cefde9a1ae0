import { messageOf } from '@tashika/shared/errors';
import type { Clock, Duration, TimerHandle } from '@tashika/shared/time';
import { aborted } from '../aborted.ts';
import type { GpioConfiguration } from '../config.ts';
import type { SensorDriver } from '../driver.ts';
import type { CheckLine } from '../port.ts';
import { gpioChips, kernelLine } from './chips.ts';
import { LevelChanges } from './level.ts';
import { type GpioLine, loadOnoff, type OpenLine, openOnoffLine } from './line.ts';

/** How often the level is read without an edge: it mends a lost edge and notices a chip that is gone. */
const READ_BACK_MS: Duration = 10_000;

interface GpioRoots {
  /** Where the kernel shows its GPIO chips: `/sys/class/gpio`. */
  readonly gpio: string;
}

/**
 * A GPIO line as a boolean reading: a door, a button, an alarm contact. It knows levels, not pulses: edges that come
 * faster than they can be handled are merged, and only the level they end in is sure.
 */
export function gpioDriver(
  configuration: GpioConfiguration,
  clock: Clock,
  roots: GpioRoots,
  open: OpenLine = openOnoffLine,
): SensorDriver {
  const { name, pin, chipLabels, activeLow, debounceMs, edge } = configuration;
  // Outlives the line: a level that changed while the chip was away is a change.
  const changes = new LevelChanges(edge);
  return {
    name: `gpio:${name}`,

    async run(session, signal) {
      const number = kernelLine(await gpioChips(roots.gpio), pin, chipLabels);
      let line: GpioLine | undefined;
      let settling: TimerHandle | undefined;
      let readBack: TimerHandle | undefined;
      let changedAt: Duration | undefined;
      let lose = (_reason: Error): void => {};
      const lost = new Promise<never>((_, reject) => {
        lose = reject;
      });
      lost.catch(() => {}); // a line may be lost while nobody waits for it yet

      const settle = () => {
        settling?.cancel();
        settling = undefined;
        const at = { monotonicMs: changedAt ?? clock.monotonic() };
        changedAt = undefined;
        try {
          const level = line?.read();
          if (level !== undefined && changes.isNews(level)) session.measured({ sensor: name, value: level, at });
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
        if (!settling || settlingMs >= READ_BACK_MS) settle();
      };

      try {
        line = await open(number, { activeLow, onEdge }).catch((error) => {
          throw new Error(`GPIO${pin} (line ${number}) can't be opened: ${messageOf(error)}`, { cause: error });
        });
        session.running();
        keepReading();
        await Promise.race([lost, aborted(signal)]);
      } finally {
        settling?.cancel();
        readBack?.cancel();
        line?.close();
      }
    },

    check: () => checkGpio(configuration, roots),
  };
}

async function checkGpio(
  { name, pin, chipLabels }: GpioConfiguration,
  roots: GpioRoots,
): Promise<readonly CheckLine[]> {
  const subject = `gpio ${name}`;
  try {
    const number = kernelLine(await gpioChips(roots.gpio), pin, chipLabels);
    await loadOnoff();
    return [{ subject, verdict: 'ok', detail: `GPIO${pin} is the kernel's line ${number}.` }];
  } catch (error) {
    return [{ subject, verdict: 'fail', detail: messageOf(error) }];
  }
}

import { messageOf } from '@tashika/shared/errors';
import type { Clock } from '@tashika/shared/time';
import type { SensorDriver } from '../driver.ts';
import type { CheckLine } from '../port.ts';
import { findCharacterLine } from './character-line.ts';
import { gpioChips, kernelLine } from './chips.ts';
import { countPulses } from './counter.ts';
import { LevelChanges } from './level.ts';
import { watchLevelByGpiomon } from './level-by-gpiomon.ts';
import { watchLevelBySysfs } from './level-by-sysfs.ts';
import { onoffLines, type SysfsLines } from './line.ts';
import { PulseCounter } from './pulse-counter.ts';
import type { GpioConfiguration } from './settings.ts';
import { interfaceOf, watchOptions } from './settings.ts';
import { StuckLine } from './stuck.ts';
import { GpioTools } from './tools.ts';

export interface GpioRoots {
  /** Where the kernel shows its GPIO chips: `/sys/class/gpio`. */
  readonly gpio: string;
  /** Where libgpiod's programs are; left out, where PATH says. */
  readonly gpioTools?: string;
}

/**
 * A GPIO line: its level as a boolean reading (a door, a button, an alarm contact), or the number and rate of its
 * pulses (a meter). Levels are read through sysfs where the kernel has it; pulses are counted by `gpiomon`, because
 * sysfs merges edges that come faster than they are handled.
 */
export function gpioDriver(
  configuration: GpioConfiguration,
  clock: Clock,
  roots: GpioRoots,
  lines: SysfsLines = onoffLines(roots.gpio),
): SensorDriver {
  const { name, pin, mode, chipLabels, intervalMs, stuckMs } = configuration;
  const options = watchOptions(configuration);
  // These outlive the line: a level that changed while the chip was away is a change, and a count goes on.
  const changes = new LevelChanges(options.edge);
  const counter = new PulseCounter();
  const stuck = new StuckLine(name, stuckMs, clock);
  return {
    name: `gpio:${name}`,

    async run(session, signal) {
      const watched = {
        onReady: () => stuck.start(session),
        onLevel: (level: boolean, since: number) => {
          const { moved, news } = changes.take(level);
          if (moved) stuck.moved();
          if (news) session.measured({ sensor: name, value: level, at: { monotonicMs: since } });
        },
      };
      try {
        if (interfaceOf(configuration, await lines.usable()) === 'sysfs') {
          const number = kernelLine(await gpioChips(roots.gpio), pin, chipLabels);
          await watchLevelBySysfs({ number, pin, options }, session, watched, lines.open, clock, signal);
          return;
        }
        const tools = await GpioTools.find(roots.gpioTools);
        const line = await findCharacterLine(tools, configuration);
        if (mode === 'level') await watchLevelByGpiomon(tools, line, options, watched, clock, signal);
        else await countPulses(tools, { name, line, options, intervalMs, counter, stuck }, session, clock, signal);
      } finally {
        stuck.stop();
      }
    },

    check: () => checkGpio(configuration, roots, lines),
  };
}

async function checkGpio(
  configuration: GpioConfiguration,
  roots: GpioRoots,
  lines: SysfsLines,
): Promise<readonly CheckLine[]> {
  const { name, pin, chipLabels } = configuration;
  const found = async () => {
    if (interfaceOf(configuration, await lines.usable()) === 'sysfs') {
      const number = kernelLine(await gpioChips(roots.gpio), pin, chipLabels);
      await lines.load();
      return `GPIO${pin} is the kernel's line ${number}, by sysfs.`;
    }
    const tools = await GpioTools.find(roots.gpioTools);
    const { chip, offset } = await findCharacterLine(tools, configuration);
    return `GPIO${pin} is line ${offset} of ${chip}, by gpiomon of libgpiod ${tools.version}.`;
  };
  const [verdict, detail] = await found().then(
    (text) => ['ok', text] as const,
    (error) => ['fail', messageOf(error)] as const,
  );
  return [{ subject: `gpio ${name}`, verdict, detail }];
}

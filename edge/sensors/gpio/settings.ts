import Type, { type Static } from 'typebox';
import { name } from '../source-settings.ts';
import type { WatchOptions } from './libgpiod.ts';

/** One entry of `sensors.gpio`. */
export const gpioSchema = Type.Object({
  name,
  pin: Type.Integer({ description: 'BCM number, as in GPIO17; not the pin of the header.', minimum: 0, maximum: 63 }),
  mode: Type.Union([Type.Literal('level'), Type.Literal('counter')], {
    description:
      'What the line tells: its level (a door, an alarm), or pulses (a meter), as `NAME/count` since the agent started and `NAME/rate` in 1/s.',
    default: 'level',
  }),
  driver: Type.Union([Type.Literal('auto'), Type.Literal('sysfs'), Type.Literal('gpiomon')], {
    description:
      "How the line is watched: through sysfs by `onoff`, or by libgpiod's `gpiomon` (1 or 2). `auto`: sysfs for a level without a pull where the kernel has it, else gpiomon.",
    default: 'auto',
  }),
  edge: Type.Optional(
    Type.Union([Type.Literal('both'), Type.Literal('rising'), Type.Literal('falling')], {
      description:
        'Which changes are readings or pulses: every one, or only those to true or to false. Left out: both for a level, rising for a counter.',
    }),
  ),
  debounceMs: Type.Optional(
    Type.Integer({
      description:
        'The level must have been quiet for so long before it counts. Left out: 50 for a level; 5 for a counter, which is 100 pulses a second at most. 0 for what does not bounce.',
      unit: 'ms',
      minimum: 0,
      maximum: 10_000,
    }),
  ),
  activeLow: Type.Boolean({ description: 'Whether a low voltage is true.', default: false }),
  pull: Type.Union([Type.Literal('as-is'), Type.Literal('up'), Type.Literal('down'), Type.Literal('none')], {
    description: "The line's resistor. Setting it needs gpiomon; `as-is` leaves it alone.",
    default: 'as-is',
  }),
  intervalMs: Type.Integer({
    description: 'How often a counter says its count and rate.',
    unit: 'ms',
    default: 60_000,
    minimum: 100,
    maximum: 86_400_000,
  }),
  stuckMs: Type.Optional(
    Type.Integer({
      description:
        'A line that has not changed for so long is told as stuck: in the state of the sensor, and as the reading `NAME/stuck`. Left out: it may stand still for ever.',
      unit: 'ms',
      minimum: 1_000,
      maximum: 2_147_483_647,
    }),
  ),
  chipLabels: Type.Array(Type.String({ minLength: 1 }), {
    description: 'Labels of the chip that carries the BCM lines; exactly one chip must have one of them.',
    default: ['pinctrl-bcm2835', 'pinctrl-bcm2711', 'pinctrl-rp1'],
    minItems: 1,
  }),
});

export type GpioConfiguration = Static<typeof gpioSchema>;

const DEBOUNCE_MS = { level: 50, counter: 5 };

/** The settings of a line with what depends on its mode filled in. */
export function watchOptions(configuration: GpioConfiguration): WatchOptions {
  const { mode, edge = mode === 'counter' ? 'rising' : 'both', activeLow, pull } = configuration;
  return { edge, activeLow, pull, debounceMs: configuration.debounceMs ?? DEBOUNCE_MS[mode] };
}

/**
 * By which of the kernel's two interfaces the line is watched. sysfs merges edges and knows no pulls; where it will
 * do, it is preferred, because it can read a level without letting the line go.
 *
 * @param sysfs whether it can be used here
 */
export function interfaceOf(configuration: GpioConfiguration, sysfs: boolean): 'sysfs' | 'gpiomon' {
  const { driver, mode, pull } = configuration;
  if (driver !== 'auto') return driver;
  return sysfs && mode === 'level' && pull === 'as-is' ? 'sysfs' : 'gpiomon';
}

/** What a line's settings say against each other; each sentence is a problem. */
export function gpioProblems({ name, driver, mode, pull }: GpioConfiguration): readonly string[] {
  if (driver !== 'sysfs') return [];
  return [
    ...(mode === 'counter'
      ? [`sensors.gpio ${name}: sysfs merges fast edges, so it can't count; leave driver out.`]
      : []),
    ...(pull === 'as-is' ? [] : [`sensors.gpio ${name}: sysfs can't set a pull; leave driver out.`]),
  ];
}

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock, TestClock } from '@tashika/shared/time';
import pino from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createSensors } from '../index.ts';
import { supervise } from '../supervisor.ts';
import { sensorsConfiguration } from '../testing/configuration.ts';
import { RecordingSink } from '../testing/recording-sink.ts';
import { gpioChips, kernelLine } from './chips.ts';
import { gpioDriver } from './gpio.ts';
import { type LineOptions, loadOnoff, onoffLines } from './line.ts';
import type { GpioConfiguration } from './settings.ts';
import { ScriptedGpiod } from './testing/scripted-gpiod.ts';

const logger = pino({ level: 'silent' });
const LABELS = sensorsConfiguration({ gpio: [{ name: 'x', pin: 17 }] }).gpio[0]!.chipLabels;

/** Chips as `label, base, ngpio`. */
type Layout = readonly (readonly [label: string, base: number, lines: number])[];

/** What boards show, old kernels and new. */
const BOARDS: Readonly<Record<string, { layout: Layout; gpio17: number }>> = {
  'Pi Zero before kernel 6.6': { layout: [['pinctrl-bcm2835', 0, 54]], gpio17: 17 },
  'Pi Zero 2 W': { layout: [['pinctrl-bcm2835', 512, 54]], gpio17: 529 },
  'Pi 3 before kernel 6.6': {
    layout: [
      ['pinctrl-bcm2835', 0, 54],
      ['brcmvirt-gpio', 100, 2],
      ['raspberrypi-exp-gpio', 504, 8],
    ],
    gpio17: 17,
  },
  'Pi 3': {
    layout: [
      ['pinctrl-bcm2835', 512, 54],
      ['raspberrypi-exp-gpio', 566, 8],
    ],
    gpio17: 529,
  },
  'Pi 4 before kernel 6.6': {
    layout: [
      ['pinctrl-bcm2711', 0, 58],
      ['raspberrypi-exp-gpio', 504, 8],
    ],
    gpio17: 17,
  },
  'Pi 4': {
    layout: [
      ['pinctrl-bcm2711', 512, 58],
      ['raspberrypi-exp-gpio', 570, 8],
    ],
    gpio17: 529,
  },
  'Pi 5 with kernel 6.1': {
    layout: [
      ['gpio-brcmstb@107d508500', 512, 32],
      ['pinctrl-rp1', 399, 54],
    ],
    gpio17: 416,
  },
  'Pi 5 with base 512': {
    layout: [
      ['pinctrl-rp1', 512, 54],
      ['gpio-brcmstb@107d508500', 566, 32],
    ],
    gpio17: 529,
  },
  'Pi 5 with base 571': {
    layout: [
      ['gpio-brcmstb@107d508500', 512, 32],
      ['gpio-brcmstb@107d517c00', 548, 17],
      ['pinctrl-rp1', 571, 54],
    ],
    gpio17: 588,
  },
  'Pi 5 with base 569': {
    layout: [
      ['pinctrl-rp1', 569, 54],
      ['gpio-brcmstb@107d508500', 512, 32],
    ],
    gpio17: 586,
  },
};

function sysfs(layout: Layout): string {
  const root = mkdtempSync(join(tmpdir(), 'tashika-gpio-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  writeFileSync(join(root, 'export'), '');
  for (const [label, base, lines] of layout) {
    const folder = join(root, `gpiochip${base}`);
    mkdirSync(folder);
    writeFileSync(join(folder, 'label'), `${label}\n`);
    writeFileSync(join(folder, 'base'), `${base}\n`);
    writeFileSync(join(folder, 'ngpio'), `${lines}\n`);
  }
  return root;
}

describe('the number of a BCM line', () => {
  it.each(Object.entries(BOARDS))('is found on a %s', async (_board, { layout, gpio17 }) => {
    expect(kernelLine(await gpioChips(sysfs(layout)), 17, LABELS)).toBe(gpio17);
  });

  it.each<[string, Layout, number, string]>([
    [
      'no chip has the label',
      [['gpio-brcmstb@107d508500', 512, 32]],
      17,
      'No chip is labelled pinctrl-bcm2835 or pinctrl-bcm2711 or pinctrl-rp1; exactly one must be. Chips found: gpio-brcmstb@107d508500 (base 512, 32 lines). Set chipLabels to the one with the header’s lines.',
    ],
    [
      'several chips have it',
      [
        ['pinctrl-rp1', 512, 54],
        ['pinctrl-bcm2835', 0, 54],
      ],
      17,
      '2 chips are labelled pinctrl-bcm2835 or pinctrl-bcm2711 or pinctrl-rp1; exactly one must be. Chips found: pinctrl-bcm2835 (base 0, 54 lines), pinctrl-rp1 (base 512, 54 lines). Set chipLabels to the one with the header’s lines.',
    ],
    [
      'the chip has no such line',
      [['pinctrl-rp1', 571, 54]],
      54,
      'pinctrl-rp1 has no line 54. Chips found: pinctrl-rp1 (base 571, 54 lines). Set chipLabels to the one with the header’s lines.',
    ],
    ['the machine has no GPIO', [], 17, 'This machine shows no GPIO.'],
  ])('is refused, with the chips found, when %s', async (_name, layout, pin, message) => {
    const chips = await gpioChips(sysfs(layout));
    expect(() => kernelLine(chips, pin, LABELS)).toThrowError(
      expect.objectContaining({ code: 'GPIO_CHIP_NOT_FOUND', message: message.replaceAll('’', "'") }),
    );
  });

  it('is looked for by a label of one’s own', async () => {
    const chips = await gpioChips(sysfs([['9030000.pl061', 512, 8]]));
    expect(kernelLine(chips, 5, ['9030000.pl061'])).toBe(517);
  });
});

/** A line whose level the test sets, as wires do; it stands where onoff stands on a machine with GPIO. */
class Wire {
  level = false;
  gone = false;
  opened: number | undefined;
  closed = 0;
  #onEdge = () => {};

  readonly load = async () => {};
  readonly usable = async () => true;
  readonly open = async (line: number, { onEdge }: LineOptions) => {
    if (this.gone) throw new Error('EINVAL: invalid argument, write');
    this.opened = line;
    this.#onEdge = onEdge;
    return {
      read: () => {
        if (this.gone) throw new Error('ENODEV: no such device, read');
        return this.level;
      },
      close: () => {
        this.closed++;
      },
    };
  };

  set(level: boolean): void {
    this.level = level;
    this.#onEdge();
  }
}

async function watched(settings: Partial<GpioConfiguration> = {}) {
  const configuration = sensorsConfiguration({ gpio: [{ name: 'door', pin: 17, ...settings }] }).gpio[0]!;
  const clock = new TestClock();
  const sink = new RecordingSink();
  const wire = new Wire();
  const driver = gpioDriver(configuration, clock, { gpio: sysfs(BOARDS['Pi 4']!.layout) }, wire);
  const source = supervise(driver, { clock, logger });
  onTestFinished(() => source.stop());
  await source.start(sink);
  await sink.until(() => sink.count('running') > 0);
  return { clock, sink, source, wire };
}

describe('a GPIO line', () => {
  it('says its first level and every change of it', async () => {
    const { clock, sink, wire } = await watched();
    expect(wire.opened).toBe(529);
    wire.set(true);
    await clock.advance(50);
    wire.set(false);
    await clock.advance(50);
    expect(sink.valuesOf('door')).toEqual([false, true, false]);
  });

  it('turns nine bounces into one reading, timed by the first', async () => {
    const { clock, sink, wire } = await watched();
    await clock.advance(1_000);
    for (let bounce = 0; bounce < 9; bounce++) {
      wire.set(bounce % 2 === 0);
      await clock.advance(10);
    }
    await clock.advance(50);
    expect(sink.measurements.slice(1)).toEqual([{ sensor: 'door', value: true, at: { monotonicMs: 1_000 } }]);
  });

  it('says nothing when the level bounces back', async () => {
    const { clock, sink, wire } = await watched();
    wire.set(true);
    wire.set(false);
    await clock.advance(50);
    expect(sink.valuesOf('door')).toEqual([false]);
  });

  it.each([
    ['rising', [true, true]],
    ['falling', [false, false]],
  ] as const)('with edge %s says only those changes', async (edge, expected) => {
    const { clock, sink, wire } = await watched({ edge });
    for (const level of [true, false, true, false]) {
      wire.set(level);
      await clock.advance(50);
    }
    expect(sink.valuesOf('door')).toEqual(expected);
  });

  it('without debounce says each change at once', async () => {
    const { sink, wire } = await watched({ debounceMs: 0 });
    for (const level of [true, true, false]) wire.set(level);
    expect(sink.valuesOf('door')).toEqual([false, true, false]);
  });

  it('mends an edge that the kernel lost', async () => {
    const { clock, sink, wire } = await watched();
    wire.level = true;
    await clock.advance(10_000);
    expect(sink.valuesOf('door')).toEqual([false, true]);
  });

  it('says a level now and then even when the noise never ends', async () => {
    const { clock, sink, wire } = await watched();
    for (let edge = 0; edge < 2_000; edge++) {
      wire.set(true);
      await clock.advance(20);
    }
    expect(sink.valuesOf('door')).toEqual([false, true]);
  });

  it('warns of a contact that never settles, until it does', async () => {
    const { clock, sink, wire } = await watched();
    for (let edge = 0; edge < 1_500; edge++) {
      wire.set(edge % 2 === 0);
      await clock.advance(20);
    }
    expect(sink.states.at(-1)!.detail).toContain('GPIO17 never keeps a level for 50 ms');
    await clock.advance(20_000);
    expect(sink.states.at(-1)).toEqual({ state: 'running' });
  });

  it('is stuck when it stands still for too long', async () => {
    const { clock, sink, wire } = await watched({ stuckMs: 60_000 });
    await clock.advance(30_000);
    wire.set(true);
    await clock.advance(59_000);
    expect(sink.valuesOf('door/stuck')).toEqual([]);
    await clock.advance(2_000);
    expect(sink.valuesOf('door/stuck')).toEqual([true]);
    expect(sink.states.at(-1)!.detail).toContain('not changed for 60 s');
    wire.set(false);
    await clock.advance(50);
    expect(sink.valuesOf('door/stuck')).toEqual([true, false]);
    await clock.advance(60_000);
    expect(sink.valuesOf('door/stuck')).toEqual([true, false, true]);
  });

  it('fails when its chip is gone, and is back with it', async () => {
    const { clock, sink, wire } = await watched();
    wire.gone = true;
    await clock.advance(10_000);
    expect(sink.states.at(-1)).toEqual({
      state: 'failed',
      detail: "GPIO17 can't be read any more: ENODEV: no such device, read",
    });
    expect(wire.closed).toBe(1);
    wire.gone = false;
    wire.level = true;
    await clock.advance(1_000);
    await sink.until(() => sink.count('running') === 2);
    expect(sink.valuesOf('door')).toEqual([false, true]);
  });

  it('lets the line and every timer go when it is stopped', async () => {
    const { clock, source, wire } = await watched();
    wire.set(true);
    await source.stop();
    expect(wire.closed).toBe(1);
    expect(clock.pending).toBe(0);
  });
});

describe('a machine without GPIO', () => {
  const gpio = [{ name: 'door', pin: 17 }];
  const withoutGpio = () => {
    const gpiod = new ScriptedGpiod(2, { chips: '' });
    onTestFinished(() => gpiod[Symbol.asyncDispose]());
    const sources = createSensors(sensorsConfiguration({ system: { enabled: true }, gpio }), {
      clock: systemClock,
      logger,
      roots: { gpio: '/no/such/folder', gpioTools: gpiod.folder },
    });
    onTestFinished(async () => {
      for (const source of sources) await source.stop();
    });
    return sources;
  };

  it('says so, and the other sensors run', async () => {
    const sinks: RecordingSink[] = [];
    for (const source of withoutGpio()) {
      const sink = new RecordingSink();
      sinks.push(sink);
      await source.start(sink);
    }
    const [system, door] = sinks;
    await door!.until(() => door!.count('failed') === 1);
    expect(door!.states.at(-1)).toEqual({ state: 'failed', detail: 'This machine shows no GPIO.' });
    await system!.until(() => system!.measurements.length > 0);
  });

  it('is told by the check', async () => {
    expect(await withoutGpio()[1]!.check()).toEqual([
      { subject: 'gpio door', verdict: 'fail', detail: 'This machine shows no GPIO.' },
    ]);
  });
});

it('the add-on, where it is installed, loads and knows GPIO lines', async () => {
  const Gpio = await loadOnoff().catch((error) => error);
  if (typeof Gpio === 'function') expect(Gpio.HIGH).toBe(1);
  else expect(Gpio).toMatchObject({ code: 'SENSOR_UNAVAILABLE' });
});

it.each<[string, object, string]>([
  ['a counter', { driver: 'sysfs', mode: 'counter' }, "sysfs merges fast edges, so it can't count"],
  ['a pull', { driver: 'sysfs', pull: 'up' }, "sysfs can't set a pull"],
])('a configuration that wants %s of sysfs is refused', (_what, settings, problem) => {
  const configuration = sensorsConfiguration({ gpio: [{ name: 'door', pin: 17, ...settings }] });
  expect(() => createSensors(configuration, { clock: systemClock, logger })).toThrow(problem);
});

it('sysfs is no way for a kernel that has none', async () => {
  expect(await onoffLines('/no/such/folder').usable()).toBe(false);
});

import { type Clock, systemClock, TestClock } from '@tashika/shared/time';
import pino from 'pino';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { supervise } from '../supervisor.ts';
import { sensorsConfiguration } from '../testing/configuration.ts';
import { RecordingSink } from '../testing/recording-sink.ts';
import { requiredTool } from '../testing/required-tool.ts';
import { gpioDriver } from './gpio.ts';
import type { GpioConfiguration } from './settings.ts';
import { ScriptedGpiod } from './testing/scripted-gpiod.ts';
import { GpioTools } from './tools.ts';

const logger = pino({ level: 'silent' });

function scripted(major: 1 | 2, options?: { chips?: string; detectFails?: string }): ScriptedGpiod {
  const gpiod = new ScriptedGpiod(major, options);
  onTestFinished(() => gpiod[Symbol.asyncDispose]());
  return gpiod;
}

function driverOf(gpiod: ScriptedGpiod, settings: Partial<GpioConfiguration>, clock: Clock) {
  const [configuration] = sensorsConfiguration({ gpio: [{ name: 'meter', pin: 17, ...settings }] }).gpio;
  return gpioDriver(configuration!, clock, { gpio: '/no/such/folder', gpioTools: gpiod.folder });
}

async function watched(gpiod: ScriptedGpiod, settings: Partial<GpioConfiguration>, clock: Clock) {
  const source = supervise(driverOf(gpiod, settings, clock), { clock, logger });
  const sink = new RecordingSink();
  onTestFinished(() => source.stop());
  await source.start(sink);
  return { sink, source };
}

describe.each([1, 2] as const)('a counter by gpiomon of libgpiod %i', (major) => {
  it('says its count and its rate each interval', async () => {
    const gpiod = scripted(major);
    const { sink } = await watched(gpiod, { mode: 'counter', intervalMs: 100, debounceMs: 0 }, systemClock);
    for (let pulse = 0; pulse < 5; pulse++) await gpiod.edge(true);
    await sink.until(() => sink.valuesOf('meter/count').at(-1) === 5);
    await gpiod.edge(true);
    await sink.until(() => sink.valuesOf('meter/count').at(-1) === 6);
    expect(sink.measurements.find(({ sensor }) => sensor === 'meter/count')?.unit).toBe('count');
    const rates = sink.measurements.filter(({ sensor }) => sensor === 'meter/rate');
    expect(rates.some(({ value, unit }) => unit === '1/s' && (value as number) > 0)).toBe(true);
  });

  it('goes on counting when gpiomon dies and is started again', async () => {
    const gpiod = scripted(major);
    const { sink } = await watched(gpiod, { mode: 'counter', debounceMs: 0, intervalMs: 100 }, systemClock);
    await gpiod.edge(true);
    await gpiod.end('gpiomon: error reading line events: No such device');
    await sink.until(() => sink.count('failed') === 1);
    expect(sink.states.at(-1)!.detail).toBe('gpiomon: error reading line events: No such device');
    await gpiod.edge(true);
    await sink.until(() => sink.valuesOf('meter/count').at(-1) === 2);
    expect(sink.states.at(-1)!.state).toBe('running');
  });

  it('is stuck when it stands still for too long, and says when it moves again', async () => {
    const clock = new TestClock();
    const gpiod = scripted(major);
    const settings = { mode: 'counter', debounceMs: 0, stuckMs: 5_000, intervalMs: 86_400_000 } as const;
    const { sink } = await watched(gpiod, settings, clock);
    // Libgpiod 1 says nothing before the first edge; libgpiod 2 says when it watches, and an edge would come later than that.
    if (major === 1) await gpiod.edge(true);
    await sink.until(() => sink.count('running') === 1);
    await clock.advance(5_000);
    expect(sink.states.at(-1)).toEqual({
      state: 'running',
      detail: 'The line has not changed for 5 s, in which it was expected to.',
    });
    await gpiod.edge(true);
    await sink.until(() => sink.valuesOf('meter/stuck').length === 2);
    expect(sink.valuesOf('meter/stuck')).toEqual([true, false]);
    expect(sink.states.at(-1)).toEqual({ state: 'running' });
  });

  it('lets gpiomon and every timer go when it is stopped', async () => {
    const clock = new TestClock();
    const gpiod = scripted(major);
    const { sink, source } = await watched(gpiod, { mode: 'counter', stuckMs: 5_000 }, clock);
    await gpiod.edge(true);
    await sink.until(() => sink.count('running') === 1);
    await source.stop();
    expect(clock.pending).toBe(0);
  });
});

describe.each([1, 2] as const)('a level by gpiomon of libgpiod %i', (major) => {
  const settings: Partial<GpioConfiguration> = { name: 'door', driver: 'gpiomon', debounceMs: 0 };

  it('says its first level and every change of it', async () => {
    const gpiod = scripted(major);
    const { sink } = await watched(gpiod, settings, new TestClock());
    await gpiod.edge(true);
    await gpiod.edge(false);
    await sink.until(() => sink.valuesOf('door').length === 3);
    expect(sink.valuesOf('door')).toEqual([false, true, false]);
  });

  it('mends an edge that the kernel lost, when the line has been quiet for a minute', async () => {
    const clock = new TestClock();
    const gpiod = scripted(major);
    const { sink } = await watched(gpiod, settings, clock);
    await gpiod.edge(false);
    await sink.until(() => sink.count('running') === 1);
    gpiod.level(true);
    await clock.advance(60_000);
    await sink.until(() => sink.valuesOf('door').length === 2);
    expect(sink.valuesOf('door')).toEqual([false, true]);
    expect(gpiod.calls('gpioget')).toHaveLength(2);
  });
});

it('libgpiod 1 has its bounces counted as one here', async () => {
  const gpiod = scripted(1);
  // By the kernel's time; longer than any of the edges takes to arrive here, which counts as quiet too.
  const { sink } = await watched(gpiod, { mode: 'counter', intervalMs: 100, debounceMs: 10_000 }, systemClock);
  for (let pulse = 0; pulse < 3; pulse++)
    for (const [level, afterMs] of [
      [true, 10_000],
      [false, 1],
      [true, 1],
      [false, 10_000],
      [true, 1],
      [false, 1],
    ] as const)
      await gpiod.edge(level, afterMs);
  await sink.until(() => sink.valuesOf('meter/count').at(-1) === 3);
  expect(gpiod.calls('gpiomon')).toEqual(['-b -F %e %o %s %n gpiochip0 17']);
});

it('libgpiod 2 has the kernel debounce, and count one direction', async () => {
  const gpiod = scripted(2);
  const { sink } = await watched(gpiod, { mode: 'counter', pull: 'up', activeLow: true }, new TestClock());
  await sink.until(() => sink.count('running') === 1);
  expect(gpiod.calls('gpiomon')).toEqual([
    '--banner -C tashika-edge -e rising -F %e %o %S -p 5ms -l -b pull-up -c gpiochip0 17',
  ]);
});

it('libgpiod 1, which never says so, is taken to watch its line when it has not ended', async () => {
  const clock = new TestClock();
  const gpiod = scripted(1);
  const { sink } = await watched(gpiod, { mode: 'counter' }, clock);
  await vi.waitUntil(() => gpiod.calls('gpiomon').length === 1, { timeout: 10_000 });
  expect(sink.count('running')).toBe(0);
  await clock.advance(500);
  expect(sink.count('running')).toBe(1);
});

it.each([1, 2] as const)('the check names the chip, the line and libgpiod %i', async (major) => {
  const gpiod = scripted(major);
  expect(await driverOf(gpiod, { mode: 'counter' }, systemClock).check()).toEqual([
    {
      subject: 'gpio meter',
      verdict: 'ok',
      detail: `GPIO17 is line 17 of gpiochip0, by gpiomon of libgpiod ${{ 1: '1.6.3', 2: '2.2.1' }[major]}.`,
    },
  ]);
});

it('the check prints the chips found where none fits', async () => {
  const gpiod = scripted(2, { chips: 'gpiochip0 [9030000.pl061] (8 lines)\n' });
  const [line] = await driverOf(gpiod, { mode: 'counter' }, systemClock).check();
  expect(line).toMatchObject({
    verdict: 'fail',
    detail: expect.stringContaining('9030000.pl061 (gpiochip0, 8 lines)'),
  });
});

it('a chip that may not be opened is in the way of no other', async () => {
  const chips = 'gpiochip0 [pinctrl-rp1] (54 lines)\n';
  const gpiod = scripted(2, {
    chips,
    detectFails: 'gpiodetect: unable to open chip /dev/gpiochip10: Permission denied',
  });
  expect(await driverOf(gpiod, { mode: 'counter' }, systemClock).check()).toMatchObject([{ verdict: 'ok' }]);
});

it('a line that another program has is refused with that', async () => {
  const gpiod = scripted(1);
  const { sink } = await watched(gpiod, { mode: 'counter' }, new TestClock());
  await gpiod.end('gpiomon: error waiting for events: Device or resource busy');
  await sink.until(() => sink.count('failed') === 1);
  expect(sink.states.at(-1)!.detail).toContain('another program has the line');
});

it('without gpiomon a counter says what to install', async () => {
  const { PATH } = process.env;
  onTestFinished(() => {
    process.env.PATH = PATH;
  });
  process.env.PATH = '/no/such/folder';
  await expect(GpioTools.find()).rejects.toMatchObject({
    code: 'SENSOR_UNAVAILABLE',
    message: expect.stringContaining('apt install gpiod'),
  });
});

describe('the real gpiomon', () => {
  it('is known by its version, and its word on a chip that is not there is passed on', async (context) => {
    requiredTool('gpiomon', context);
    const tools = await GpioTools.find();
    expect(tools.version).toMatch(/^[12]\.\d/);
    expect(await tools.detect()).toBeTypeOf('string');
    await expect(
      tools.level({ chip: 'gpiochip99', offset: 1 }, { edge: 'both', activeLow: false, pull: 'as-is', debounceMs: 0 }),
    ).rejects.toThrow(/gpioget: .*(No such file|cannot find GPIO chip)/);
  });
});

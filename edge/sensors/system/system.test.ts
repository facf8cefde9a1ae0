import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@tashika/shared/time';
import pino from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createSensors } from '../index.ts';
import { sensorsConfiguration } from '../testing/configuration.ts';
import { RecordingSink } from '../testing/recording-sink.ts';
import { processorTemperature } from './temperature.ts';

function thermal(zones: Readonly<Record<string, readonly [type: string, temp: string | undefined]>>): string {
  const root = mkdtempSync(join(tmpdir(), 'tashika-thermal-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const [zone, [type, temp]] of Object.entries(zones)) {
    mkdirSync(join(root, zone));
    writeFileSync(join(root, zone, 'type'), `${type}\n`);
    if (temp !== undefined) writeFileSync(join(root, zone, 'temp'), `${temp}\n`);
  }
  return root;
}

function system(root: string) {
  const [source] = createSensors(sensorsConfiguration({ system: { enabled: true, intervalMs: 100 } }), {
    clock: systemClock,
    logger: pino({ level: 'silent' }),
    roots: { thermal: root },
  });
  onTestFinished(() => source!.stop());
  return source!;
}

describe("the machine's own readings", () => {
  it('are temperature, load, memory and uptime, in SenML units, again and again', async () => {
    const sink = new RecordingSink();
    await system(thermal({ thermal_zone0: ['cpu-thermal', '48312'] })).start(sink);
    await sink.until(() => sink.measurements.length >= 10);
    const units = Object.fromEntries(sink.measurements.map(({ sensor, unit }) => [sensor, unit]));
    expect(units).toEqual({
      'system/cpu-temp': 'Cel',
      'system/load': '/',
      'system/memory-used': '/',
      'system/memory-available': 'B',
      'system/uptime': 's',
    });
    expect(sink.valuesOf('system/cpu-temp')).toEqual([48.312, 48.312]);
    for (const { value } of sink.measurements) expect(value).toSatisfy(Number.isFinite);
    expect(sink.valuesOf('system/memory-used')[0]).toSatisfy((used: number) => used > 0 && used < 1);
    expect(sink.states).toEqual([{ state: 'starting' }, { state: 'running' }]);
  });

  it('go on without a temperature, and say so once', async () => {
    const sink = new RecordingSink();
    await system('/no/such/folder').start(sink);
    await sink.until(() => sink.measurements.length >= 8);
    expect(sink.valuesOf('system/cpu-temp')).toEqual([]);
    expect(sink.states).toEqual([
      { state: 'starting' },
      { state: 'running', detail: expect.stringContaining('no processor temperature') },
    ]);
  });

  it('are checked', async () => {
    expect(await system('/no/such/folder').check()).toMatchObject([{ subject: 'system', verdict: 'warn' }]);
    const root = thermal({ thermal_zone0: ['cpu-thermal', '48312'] });
    expect(await system(root).check()).toMatchObject([{ verdict: 'ok', detail: 'The processor has 48.312 °C.' }]);
  });
});

describe('the processor temperature', () => {
  it.each([
    ['the zone of the processor', { thermal_zone0: ['wifi', '1000'], thermal_zone1: ['x86_pkg_temp', '2000'] }, 2],
    ['the first zone where none is known', { thermal_zone10: ['b', '2000'], thermal_zone2: ['a', '1000'] }, 1],
    [
      'the next zone where one is switched off',
      { thermal_zone0: ['cpu-thermal', undefined], thermal_zone1: ['x', '3000'] },
      3,
    ],
    ['frost', { thermal_zone0: ['cpu-thermal', '-5500'] }, -5.5],
    ['nothing where the kernel says nonsense', { thermal_zone0: ['cpu-thermal', 'hot'] }, undefined],
    ['nothing without a zone', {}, undefined],
  ] as const)('is %s', async (_name, zones, expected) => {
    expect(await processorTemperature(thermal(zones))).toBe(expected);
  });
});

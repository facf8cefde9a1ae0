import { systemClock } from '@tashika/shared/time';
import pino from 'pino';
import { expect, it, onTestFinished, vi } from 'vitest';
import { createSensors } from './index.ts';
import { sensorsConfiguration } from './testing/configuration.ts';
import { RecordingSink } from './testing/recording-sink.ts';

it('without the native add-ons their sensors say so, and the others run', async () => {
  for (const name of ['serialport', 'modbus-serial', 'onoff'])
    vi.doMock(name, () => {
      throw new Error(`Cannot find package '${name}'`);
    });
  const sensors = sensorsConfiguration({
    system: { enabled: true },
    serial: [{ name: 'house', path: '/dev/null', format: 'json' }],
    modbus: [{ name: 'line', path: '/dev/zero', registers: [{ sensor: 'volt', address: 0 }] }],
  });
  const sources = createSensors(sensors, { clock: systemClock, logger: pino({ level: 'silent' }) });
  const [system, serial, modbus] = await Promise.all(
    sources.map(async (source) => {
      const sink = new RecordingSink();
      onTestFinished(() => source.stop());
      await source.start(sink);
      return sink;
    }),
  );
  await serial!.until(() => serial!.count('failed') === 1);
  expect(serial!.states.at(-1)!.detail).toContain('The package serialport is not installed or not built for this Node');
  await modbus!.until(() => modbus!.count('failed') === 1);
  expect(modbus!.states.at(-1)!.detail).toContain('The package modbus-serial is not installed');
  await system!.until(() => system!.measurements.length > 0);
  expect(await sources[1]!.check()).toMatchObject([{ subject: 'serial house', verdict: 'fail' }]);
  expect(await sources[2]!.check()).toMatchObject([{ subject: 'modbus line', verdict: 'fail' }]);
});

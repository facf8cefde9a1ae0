import { systemClock } from '@tashika/shared/time';
import pino from 'pino';
import { describe, expect, it } from 'vitest';
import { loadAddOn } from './add-on.ts';
import { createSensors } from './index.ts';
import { sensorName } from './names.ts';
import { machineOf } from './system/testing/machine.ts';
import { sensorsConfiguration } from './testing/configuration.ts';
import { RecordingSink } from './testing/recording-sink.ts';

const options = { clock: systemClock, logger: pino({ level: 'silent' }) };

describe('the configured sensors', () => {
  it('are only the machine itself when nothing is configured', () => {
    const sensors = sensorsConfiguration({ system: { enabled: true } });
    expect(createSensors(sensors, options).map(({ name }) => name)).toEqual(['system']);
  });

  it('have a source each', () => {
    const sensors = sensorsConfiguration({
      serial: [{ name: 'house', path: '/dev/ttyUSB0', format: 'json' }],
      gpio: [{ name: 'door', pin: 17 }],
      mqtt: [{ name: 'farm', url: 'mqtt://localhost', topics: [{ topic: '#' }] }],
    });
    expect(createSensors(sensors, options).map(({ name }) => name)).toEqual(['serial:house', 'gpio:door', 'mqtt:farm']);
  });

  it('report as configured', async () => {
    const sensors = sensorsConfiguration({
      system: { enabled: true },
      reporting: [{ name: 'system/*', range: [-2, -1], priority: 'low' }],
    });
    const [source] = createSensors(sensors, { ...options, roots: machineOf({}) });
    const sink = new RecordingSink();
    await source!.start(sink);
    await sink.until(() => sink.measurements.length > 0);
    await source!.stop();
    expect(sink.measurements[0]).toMatchObject({ sensor: 'system/load', suspect: true, priority: 'low' });
    expect(source!.figures).toEqual({ failures: 0, heldBack: 0 });
  });

  it.each([
    [
      'two of one name',
      { gpio: [{ name: 'a', pin: 1 }], serial: [{ name: 'a', path: 'x', format: 'json' }] },
      'named a',
    ],
    ['one named as the machine', { system: { enabled: true }, gpio: [{ name: 'system', pin: 1 }] }, 'named system'],
    [
      'one device twice',
      { serial: ['a', 'b'].map((name) => ({ name, path: '/dev/ttyUSB0', format: 'json' })) },
      '/dev/ttyUSB0 is there twice',
    ],
    [
      "a device that is the modem's, too",
      {
        system: { enabled: true, modem: { by: 'at', path: '/dev/ttyUSB2' } },
        serial: [{ name: 'a', path: '/dev/ttyUSB2', format: 'json' }],
      },
      '/dev/ttyUSB2 is there twice',
    ],
    ['one line twice', { gpio: ['a', 'b'].map((name) => ({ name, pin: 17 })) }, 'GPIO17 is there twice'],
    [
      'topics that overlap',
      { mqtt: [{ name: 'm', url: 'mqtt://x', topics: [{ topic: 'a/#' }, { topic: 'a/+' }] }] },
      'would count twice',
    ],
    [
      'a topic filter that no broker takes',
      { mqtt: [{ name: 'm', url: 'mqtt://x', topics: [{ topic: 'a' }, { topic: 'a/#/b' }] }] },
      'sensors.mqtt m: topics[1].topic is no topic filter: # stands at the end only, found "a/#/b".',
    ],
  ])('are refused with %s', (_name, sensors, problem) => {
    expect(() => createSensors(sensorsConfiguration(sensors), options)).toThrowError(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(problem) }),
    );
  });

  it.each([
    ['a name that SenML does not allow', { gpio: [{ name: 'the door', pin: 1 }] }, 'sensors.gpio[0].name'],
    ['a pin that no Pi has', { gpio: [{ name: 'a', pin: 64 }] }, 'sensors.gpio[0].pin'],
    ['an unknown format', { serial: [{ name: 'a', path: 'x', format: 'xml' }] }, 'sensors.serial[0].format'],
    [
      'a broker that is no address',
      { mqtt: [{ name: 'a', url: 'x', topics: [{ topic: 'a' }] }] },
      'sensors.mqtt[0].url',
    ],
    ['no topic', { mqtt: [{ name: 'a', url: 'mqtt://x', topics: [] }] }, 'sensors.mqtt[0].topics'],
  ])('are refused with %s, by its place', (_name, sensors, place) => {
    expect(() => sensorsConfiguration(sensors)).toThrowError(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(place) }),
    );
  });
});

it('an add-on that is not installed is a sensor that is unavailable, and says what to do', async () => {
  const name = 'no-such-add-on';
  await expect(loadAddOn(name, () => import(name))).rejects.toMatchObject({
    code: 'SENSOR_UNAVAILABLE',
    message: expect.stringContaining('npm rebuild no-such-add-on'),
  });
});

it('an add-on that a package of the agent leaves out says what to do instead', async () => {
  const leftOut = Object.assign(new Error('not in here: use the other'), { code: 'ADD_ON_LEFT_OUT' });
  await expect(loadAddOn('onoff', () => Promise.reject(leftOut))).rejects.toMatchObject({
    code: 'SENSOR_UNAVAILABLE',
    message: 'onoff is not in here: use the other',
  });
});

it.each([
  ['temp (C)', 'house/temp__C_'],
  ['/wind//speed/', 'house/wind/speed'],
  ['温度', 'house/u6e29u5ea6'],
  ['', 'house'],
  ['x'.repeat(400), `house/${'x'.repeat(194)}`],
])('the name %j fits SenML as %s', (own, expected) => {
  expect(sensorName('house', own)).toBe(expected);
});

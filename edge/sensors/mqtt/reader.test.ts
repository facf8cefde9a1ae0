import { describe, expect, it } from 'vitest';
import { isRegistered } from '../../check/units.ts';
import { sensorsConfiguration } from '../testing/configuration.ts';
import { readMessage } from './reader.ts';

/** What a message becomes: its fields as `device/name`, with value and unit. */
function read(topic: string, payload: unknown, settings: object) {
  const mqtt = [{ name: 'farm', url: 'mqtt://x', topics: [settings] }];
  const [rule] = sensorsConfiguration({ mqtt }).mqtt[0]!.topics;
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
  const message = readMessage(rule!, topic, Buffer.from(text));
  if (message === undefined) return undefined;
  const { device, fields, problems } = message;
  const units = fields.map(({ unit }) => unit).filter((unit) => unit !== undefined);
  expect(units.filter((unit) => !isRegistered(unit))).toEqual([]);
  const said = Object.fromEntries(
    fields.map(({ name, value, unit }) => [`${device}/${name}`, unit ? [value, unit] : value]),
  );
  return problems.length > 0 ? problems : said;
}

describe('a message of Zigbee2MQTT', () => {
  const all = { topic: 'zigbee2mqtt/#', preset: 'zigbee2mqtt' };

  it('is what the device measures, with its units, and not what the bridge knows of it', () => {
    const weather = {
      battery: 91,
      humidity: 44.72,
      last_seen: '2026-01-07T10:49:36.461Z',
      linkquality: 145,
      pressure: 1013.2,
      temperature: 21.3,
      update: { installed_version: -1, latest_version: -1, state: null },
      voltage: 3064,
    };
    expect(read('zigbee2mqtt/greenhouse', weather, all)).toEqual({
      'greenhouse/battery': [91, '%EL'],
      'greenhouse/humidity': [44.72, '%RH'],
      'greenhouse/linkquality': 145,
      'greenhouse/pressure': [1013.2, 'hPa'],
      'greenhouse/temperature': [21.3, 'Cel'],
      'greenhouse/voltage': [3064, 'mV'],
    });
  });

  it('has the voltage of a plug in volts, and one of unknown scale without a unit', () => {
    const plug = { current: 0.21, energy: 12.5, power: 48, state: 'ON', voltage: 101 };
    expect(read('zigbee2mqtt/plug', plug, all)).toEqual({
      'plug/current': [0.21, 'A'],
      'plug/energy': [12.5, 'kWh'],
      'plug/power': [48, 'W'],
      'plug/state': true,
      'plug/voltage': [101, 'V'],
    });
    expect(read('zigbee2mqtt/thing', { voltage: 3000 }, all)).toEqual({ 'thing/voltage': 3000 });
  });

  it('has the illuminance in lux, except where an older version says it twice', () => {
    expect(read('zigbee2mqtt/pir', { illuminance: 16 }, all)).toEqual({ 'pir/illuminance': [16, 'lx'] });
    expect(read('zigbee2mqtt/pir', { illuminance: 12_041, illuminance_lux: 16 }, all)).toEqual({
      'pir/illuminance': 12_041,
      'pir/illuminance_lux': [16, 'lx'],
    });
  });

  it('has states as true and false, actions as text, and no empty action', () => {
    expect(read('zigbee2mqtt/door', { contact: false, tamper: null }, all)).toEqual({ 'door/contact': false });
    expect(read('zigbee2mqtt/button', { action: 'single' }, all)).toEqual({ 'button/action': 'single' });
    expect(read('zigbee2mqtt/button', { action: '' }, all)).toEqual({});
  });

  it.each([
    ['online', true],
    ['offline', false],
    [{ state: 'online' }, true],
    [{ state: 'offline' }, false],
  ])('tells by %j whether a device is available: %s', (payload, available) => {
    expect(read('zigbee2mqtt/kitchen/floor lamp/availability', payload, all)).toEqual({
      'kitchen/floor lamp/available': available,
    });
  });

  it('is counted as unreadable when it is neither', () => {
    expect(read('zigbee2mqtt/lamp/availability', 'perhaps', all)).toEqual(['Neither online nor offline.']);
    expect(read('zigbee2mqtt/lamp', '21.5', all)).toEqual(['JSON, but no object.']);
    expect(read('zigbee2mqtt/lamp', '{"temper', all)).toEqual(['Neither a number nor JSON.']);
  });

  it.each([
    'zigbee2mqtt/bridge/state',
    'zigbee2mqtt/bridge/devices',
    'zigbee2mqtt/lamp/set',
    'zigbee2mqtt/lamp/set/brightness',
    'zigbee2mqtt/kitchen/lamp/get',
  ])('holds no reading on %s', (topic) => {
    expect(read(topic, { state: 'ON' }, all)).toBeUndefined();
  });

  it('is named by the part that the wildcards match, by the topic, or as configured', () => {
    const payload = { temperature: 1 };
    const one = { preset: 'zigbee2mqtt', topic: 'zigbee2mqtt/attic' };
    expect(read('home/z2m/attic', payload, { ...one, topic: 'home/z2m/+' })).toHaveProperty(['attic/temperature']);
    expect(read('zigbee2mqtt/attic', payload, one)).toHaveProperty(['zigbee2mqtt/attic/temperature']);
    expect(read('zigbee2mqtt/attic', payload, { ...one, sensor: 'roof' })).toHaveProperty(['roof/temperature']);
    const availability = { preset: 'zigbee2mqtt', topic: 'zigbee2mqtt/+/availability' };
    expect(read('zigbee2mqtt/attic/availability', 'online', availability)).toEqual({ 'attic/available': true });
  });
});

describe('a message of Tasmota', () => {
  const all = { topic: 'tele/#', preset: 'tasmota' };

  it('is what its sensors measure, with its units, and neither clock nor address', () => {
    const sensors = {
      Time: '2026-02-16T10:13:52',
      'DS18B20-1': { Id: '0316A279C5FF', Temperature: 20.6 },
      BME280: { Temperature: 21.5, Humidity: 40.1, DewPoint: 7.4, Pressure: 1013.2 },
      ANALOG: { A0: 512 },
      Switch1: 'ON',
      TempUnit: 'C',
      PressureUnit: 'hPa',
    };
    expect(read('tele/tasmota_9CF9D1/SENSOR', sensors, all)).toEqual({
      'tasmota_9CF9D1/DS18B20-1/Temperature': [20.6, 'Cel'],
      'tasmota_9CF9D1/BME280/Temperature': [21.5, 'Cel'],
      'tasmota_9CF9D1/BME280/Humidity': [40.1, '%RH'],
      'tasmota_9CF9D1/BME280/DewPoint': [7.4, 'Cel'],
      'tasmota_9CF9D1/BME280/Pressure': [1013.2, 'hPa'],
      'tasmota_9CF9D1/ANALOG/A0': 512,
      'tasmota_9CF9D1/Switch1': true,
    });
  });

  it('is in SenML units where the device is set to others: SenML has no Fahrenheit', () => {
    const sensors = { BME280: { Temperature: 70.7, Pressure: 760 }, TempUnit: 'F', PressureUnit: 'mmHg' };
    expect(read('tele/a/SENSOR', sensors, all)).toEqual({
      'a/BME280/Temperature': [21.5, 'Cel'],
      'a/BME280/Pressure': [1013.25, 'hPa'],
    });
    expect(read('tele/a/SENSOR', { B: { Pressure: 29.92 }, PressureUnit: 'inHg' }, all)).toEqual({
      'a/B/Pressure': [1013.207, 'hPa'],
    });
  });

  it('has the energy of one meter or of several', () => {
    const energy = {
      TotalStartTime: '2025-05-01T00:00:00',
      Total: 3.185,
      Yesterday: 0.058,
      Today: 0.127,
      Period: 5,
      Power: [48, 0],
      ApparentPower: 60,
      ReactivePower: 36,
      Factor: 0.8,
      Voltage: 101,
      Current: 0.594,
    };
    expect(read('tele/plug/SENSOR', { ENERGY: energy }, all)).toEqual({
      'plug/ENERGY/Total': [3.185, 'kWh'],
      'plug/ENERGY/Yesterday': [0.058, 'kWh'],
      'plug/ENERGY/Today': [0.127, 'kWh'],
      'plug/ENERGY/Period': [5, 'Wh'],
      'plug/ENERGY/Power/0': [48, 'W'],
      'plug/ENERGY/Power/1': [0, 'W'],
      'plug/ENERGY/ApparentPower': [60, 'VA'],
      'plug/ENERGY/ReactivePower': [36, 'var'],
      'plug/ENERGY/Factor': [0.8, '/'],
      'plug/ENERGY/Voltage': [101, 'V'],
      'plug/ENERGY/Current': [0.594, 'A'],
    });
  });

  it('is, of its own state, the switches and the radio, and no name of a network', () => {
    const state = {
      Time: '2024-02-24T22:20:38',
      Uptime: '0T00:10:11',
      UptimeSec: 611,
      Heap: 24,
      SleepMode: 'Dynamic',
      Sleep: 50,
      LoadAvg: 19,
      MqttCount: 1,
      POWER1: 'OFF',
      POWER2: 'ON',
      Wifi: {
        AP: 1,
        SSId: 'net',
        BSSId: 'E6:8D:8C:4B:BE:F7',
        Channel: 3,
        Mode: '11n',
        RSSI: 44,
        Signal: -78,
        LinkCount: 1,
      },
    };
    expect(read('tele/hall/STATE', state, all)).toEqual({
      'hall/UptimeSec': [611, 's'],
      'hall/MqttCount': 1,
      'hall/POWER1': false,
      'hall/POWER2': true,
      'hall/Wifi/RSSI': [44, '/100'],
      'hall/Wifi/Signal': [-78, 'dBm'],
      'hall/Wifi/LinkCount': 1,
    });
  });

  it('tells by its last will whether the device is available', () => {
    expect(read('tele/hall/LWT', 'Online', all)).toEqual({ 'hall/available': true });
    expect(read('tele/hall/LWT', 'Offline', all)).toEqual({ 'hall/available': false });
  });

  it.each(['tele/hall/INFO1', 'tele/hall/RESULT', 'tele/hall/UPTIME'])('holds no reading on %s', (topic) => {
    expect(read(topic, { Info1: { Version: '14' } }, all)).toBeUndefined();
  });

  it('is named by its device wherever the prefix stands', () => {
    const topic = 'home/+/tele/SENSOR';
    expect(read('home/attic/tele/SENSOR', { A: 1 }, { preset: 'tasmota', topic })).toEqual({ 'attic/A': 1 });
    expect(read('tele/cellar/freezer/SENSOR', { A: 1 }, all)).toEqual({ 'cellar/freezer/A': 1 });
  });
});

it.each([
  ['a pointer', { pointer: '/x' }, 'has a pointer'],
  ['a unit', { unit: 'Cel' }, 'has a unit'],
])('a preset with %s is refused, because it would be passed over', async (_name, settings, problem) => {
  const { sensorProblems } = await import('../config.ts');
  const mqtt = [{ name: 'a', url: 'mqtt://x', topics: [{ topic: 'tele/#', preset: 'tasmota', ...settings }] }];
  expect(sensorProblems(sensorsConfiguration({ mqtt }))).toEqual([expect.stringContaining(problem)]);
});

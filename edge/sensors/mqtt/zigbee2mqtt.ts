import type { Field } from '../fields.ts';
import { readAvailability } from './availability.ts';
import { type Message, switched } from './message.ts';
import { parsePayload } from './payload.ts';
import type { MatchedLevels } from './topic.ts';

/** Units of the values that Zigbee2MQTT exposes (its "exposes" pages), in SenML's words. */
const UNITS: Readonly<Record<string, string>> = {
  temperature: 'Cel',
  device_temperature: 'Cel',
  local_temperature: 'Cel',
  current_heating_setpoint: 'Cel',
  occupied_heating_setpoint: 'Cel',
  humidity: '%RH',
  soil_moisture: '/100',
  pressure: 'hPa',
  battery: '%EL',
  illuminance_lux: 'lx',
  co2: 'ppm',
  pm10: 'ug/m3',
  pm25: 'ug/m3',
  power: 'W',
  current: 'A',
  energy: 'kWh',
  produced_energy: 'kWh',
  power_apparent: 'VA',
  ac_frequency: 'Hz',
  position: '/100',
};

/** Not measured: clocks, versions, what the bridge knows of the device. */
const NO_READINGS = new Set(['last_seen', 'elapsed', 'update', 'update_available', 'device']);

/**
 * A message of Zigbee2MQTT (its `output` is `json`, the default): `BASE/DEVICE` with everything it knows of a device,
 * `BASE/DEVICE/availability`; what is below `BASE/bridge` and commands (`…/set`, `…/get`) are no readings.
 */
export function readZigbee2Mqtt({ matched, last }: MatchedLevels, payload: Uint8Array): Message | undefined {
  if (matched[0] === 'bridge') return undefined;
  if (last === 'availability') return readAvailability(deviceOf(matched, last), payload);
  if (matched.length > 1 && matched.slice(-2).some((level) => level === 'set' || level === 'get')) return undefined;
  const { fields, problems } = parsePayload(payload, {});
  if (fields[0]?.name === '') return { device: matched.join('/'), fields: [], problems: ['JSON, but no object.'] };
  const said = new Set(fields.map(({ name }) => name));
  return {
    device: matched.join('/'),
    fields: fields.filter(isReading).map((field) => withUnit(switched(field), said)),
    problems,
  };
}

function deviceOf(matched: readonly string[], last: string): string {
  return (matched.at(-1) === last ? matched.slice(0, -1) : matched).join('/');
}

function isReading({ name, value }: Field): boolean {
  // After each action, older versions say that there is none any more.
  return !NO_READINGS.has(name.split('/')[0]!) && !(name === 'action' && value === '');
}

function withUnit(field: Field, said: ReadonlySet<string>): Field {
  const unit = unitOf(field.name, said);
  return unit === undefined || typeof field.value !== 'number' ? field : { ...field, unit };
}

/** Two values have another meaning with another device; what else the message says tells which. */
function unitOf(name: string, said: ReadonlySet<string>): string | undefined {
  if (name === 'voltage') {
    if (said.has('battery')) return 'mV';
    return said.has('power') || said.has('current') || said.has('energy') ? 'V' : undefined;
  }
  // Before version 2 the sensor's raw number, beside `illuminance_lux`.
  if (name === 'illuminance') return said.has('illuminance_lux') ? undefined : 'lx';
  return UNITS[name];
}

import type { Field } from '../fields.ts';
import { readAvailability } from './availability.ts';
import { type Message, switched } from './message.ts';
import { parsePayload } from './payload.ts';
import type { MatchedLevels } from './topic.ts';

/** Units by the last part of a value's name. */
const UNITS: Readonly<Record<string, string>> = {
  Temperature: 'Cel',
  DewPoint: 'Cel',
  Humidity: '%RH',
  Pressure: 'hPa',
  SeaPressure: 'hPa',
  Illuminance: 'lx',
  CarbonDioxide: 'ppm',
  'PM2.5': 'ug/m3',
  PM10: 'ug/m3',
  Distance: 'cm',
  Moisture: '/100',
  Power: 'W',
  ApparentPower: 'VA',
  ReactivePower: 'var',
  Factor: '/',
  Voltage: 'V',
  Current: 'A',
  Frequency: 'Hz',
  Period: 'Wh',
  Total: 'kWh',
  Today: 'kWh',
  Yesterday: 'kWh',
  Vcc: 'V',
  UptimeSec: 's',
  Dimmer: '/100',
  RSSI: '/100', // Tasmota's word for the signal's quality in per cent
  Signal: 'dBm',
};

/** Not measured: clocks, addresses, and the units of the others. */
const NO_READINGS = new Set(['Time', 'Id', 'TotalStartTime', 'TempUnit', 'PressureUnit', 'SpeedUnit']);

/** Of what a device says of itself, the part that is worth its bytes on air. */
const OF_STATE = /^(POWER\d*|Dimmer|Vcc|UptimeSec|MqttCount|Wifi\/(RSSI|Signal|LinkCount))$/;

/**
 * A telemetry message of Tasmota: `…/SENSOR`, of `…/STATE` the switches and the radio, and `…/LWT`; all others hold no
 * readings. Fahrenheit and millimetres of mercury become what SenML has units for.
 */
export function readTasmota({ matched, last }: MatchedLevels, payload: Uint8Array): Message | undefined {
  const device = (matched.at(-1) === last ? matched.slice(0, -1) : matched).join('/');
  if (last === 'LWT') return readAvailability(device, payload);
  if (last !== 'SENSOR' && last !== 'STATE') return undefined;
  const { fields, problems } = parsePayload(payload, {});
  if (fields[0]?.name === '') return { device, fields: [], problems: ['JSON, but no object.'] };
  const text = (name: string) => fields.find((each) => each.name === name)?.value;
  const units = { temperature: text('TempUnit'), pressure: text('PressureUnit') };
  return {
    device,
    fields: fields
      .filter(({ name }) => (last === 'STATE' ? OF_STATE.test(name) : !NO_READINGS.has(lastPart(name))))
      .map((field) => inSenml(switched(field), units)),
    problems,
  };
}

interface SaidUnits {
  readonly temperature: Field['value'] | undefined;
  readonly pressure: Field['value'] | undefined;
}

/** Hectopascals in one unit of the pressures that Tasmota can be set to. */
const HECTOPASCALS: Readonly<Record<string, number>> = { mmHg: 1.333_223_9, inHg: 33.863_886_7 };

function inSenml(field: Field, { temperature, pressure }: SaidUnits): Field {
  const { value } = field;
  const unit = Object.hasOwn(UNITS, lastPart(field.name)) ? UNITS[lastPart(field.name)] : undefined;
  if (unit === undefined || typeof value !== 'number') return field;
  if (unit === 'Cel' && temperature === 'F') return { ...field, unit, value: rounded((value - 32) / 1.8) };
  const factor = unit === 'hPa' && typeof pressure === 'string' ? HECTOPASCALS[pressure] : undefined;
  return factor === undefined ? { ...field, unit } : { ...field, unit, value: rounded(value * factor) };
}

/** To the thousandth: more than any of these sensors knows. */
function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}

/** `Power` of `ENERGY/Power` and of `ENERGY/Power/1`, the second of several meters. */
function lastPart(name: string): string {
  const parts = name.split('/');
  return /^\d+$/.test(parts.at(-1)!) && parts.length > 1 ? parts.at(-2)! : parts.at(-1)!;
}

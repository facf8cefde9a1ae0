import Type, { type Static } from 'typebox';
import { gpioProblems, gpioSchema } from './gpio/settings.ts';
import { modbusProblems, modbusSchema } from './modbus/settings.ts';
import { mqttProblems, mqttSchema } from './mqtt/settings.ts';
import { reportingProblems, reportingSchema } from './reporting/settings.ts';
import { serialProblems, serialSchema } from './serial/settings.ts';
import type { fieldSchema } from './source-settings.ts';
import { systemProblems, systemSchema } from './system/settings.ts';

/** The `sensors` section of the agent's configuration. */
export const sensorsSchema = Type.Object({
  system: systemSchema,
  serial: Type.Array(serialSchema, { description: 'Devices on serial lines.', default: [] }),
  modbus: Type.Array(modbusSchema, { description: 'Serial lines with Modbus RTU devices.', default: [] }),
  gpio: Type.Array(gpioSchema, { description: 'GPIO lines of a Raspberry Pi.', default: [] }),
  mqtt: Type.Array(mqttSchema, { description: 'MQTT brokers.', default: [] }),
  reporting: Type.Array(reportingSchema, {
    description:
      'Which of the values that the sources measure become readings, and how dear they are. What is held back gets no number, and is in no count.',
    default: [],
  }),
});

export type SensorsConfiguration = Static<typeof sensorsSchema>;
export type FieldConfiguration = Static<typeof fieldSchema>;

/** The rules that go across fields; each sentence is a problem. For `loadConfiguration`'s `rules`. */
export function sensorProblems(sensors: SensorsConfiguration): readonly string[] {
  return [
    ...sharedNames(sensors),
    ...sharedDevices(sensors),
    ...serialProblems(sensors.serial),
    ...sensors.modbus.flatMap(modbusProblems),
    ...sensors.gpio.flatMap(gpioProblems),
    ...sensors.mqtt.flatMap(mqttProblems),
    ...systemProblems(sensors.system),
    ...reportingProblems(sensors.reporting),
  ];
}

function sharedNames(sensors: SensorsConfiguration): string[] {
  const names = [...sensors.serial, ...sensors.modbus, ...sensors.gpio, ...sensors.mqtt].map((each) => each.name);
  if (sensors.system.enabled) names.push('system');
  return repeated(names).map((name) => `sensors: two sources are named ${name}; every source needs a name of its own.`);
}

function sharedDevices({ system, serial, modbus, gpio }: SensorsConfiguration): string[] {
  const modem = system.enabled && system.modem.by === 'at' ? [{ path: system.modem.path }] : [];
  return [
    ...repeated([...serial, ...modbus, ...modem].flatMap(({ path }) => path ?? [])).map(
      (path) =>
        `sensors.serial, sensors.modbus, sensors.system.modem: ${path} is there twice, and only one can open it.`,
    ),
    ...repeated(gpio.map(({ pin }) => `GPIO${pin}`)).map(
      (line) => `sensors.gpio: ${line} is there twice, and only one can watch it.`,
    ),
  ];
}

function repeated(names: readonly string[]): string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}

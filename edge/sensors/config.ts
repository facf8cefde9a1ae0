import Type, { type Static } from 'typebox';
import { gpioProblems, gpioSchema } from './gpio/settings.ts';
import { modbusProblems, modbusSchema } from './modbus/settings.ts';
import { overlapping } from './mqtt/topic.ts';
import { serialProblems, serialSchema } from './serial/settings.ts';
import { type fieldSchema, name, unit } from './source-settings.ts';

const systemSchema = Type.Object({
  enabled: Type.Boolean({
    description: "Whether the machine's own temperature, load, memory and uptime are readings.",
    default: true,
  }),
  intervalMs: Type.Integer({
    description: 'How often they are read.',
    unit: 'ms',
    default: 10_000,
    minimum: 100,
    maximum: 86_400_000,
  }),
});

const topicSchema = Type.Object({
  topic: Type.String({ description: 'Topic filter; `+` and `#` are wildcards.', minLength: 1 }),
  pointer: Type.Optional(
    Type.String({
      description:
        'JSON Pointer (RFC 6901) to the value in a JSON payload. Left out: a plain number, true or false, or every field of a JSON object.',
      pattern: '^/',
    }),
  ),
  sensor: Type.Optional(
    Type.String({ description: "Name of the reading after the source's; the topic if left out.", minLength: 1 }),
  ),
  unit,
});

const mqttSchema = Type.Object({
  name,
  url: Type.String({
    description: 'The broker: `mqtt://host:1883` or `mqtts://host:8883`.',
    pattern: '^(mqtt|mqtts|ws|wss)://',
  }),
  topics: Type.Array(topicSchema, { description: 'What to subscribe to, with QoS 1.', minItems: 1 }),
  username: Type.Optional(Type.String({ description: 'User name at the broker.', minLength: 1 })),
  password: Type.Optional(Type.String({ description: 'Password at the broker.', minLength: 1, secret: true })),
  clientId: Type.Optional(
    Type.String({
      description: "Identity of the session at the broker; made of the host's and the source's name if left out.",
      minLength: 1,
    }),
  ),
  connectTimeoutMs: Type.Integer({
    description: 'How long the broker may take to answer.',
    unit: 'ms',
    default: 10_000,
    minimum: 100,
    maximum: 60_000,
  }),
  reconnectMs: Type.Integer({
    description: 'First pause before a lost broker is tried again; it doubles up to 30 s.',
    unit: 'ms',
    default: 1_000,
    minimum: 10,
    maximum: 30_000,
  }),
});

/** The `sensors` section of the agent's configuration. */
export const sensorsSchema = Type.Object({
  system: systemSchema,
  serial: Type.Array(serialSchema, { description: 'Devices on serial lines.', default: [] }),
  modbus: Type.Array(modbusSchema, { description: 'Serial lines with Modbus RTU devices.', default: [] }),
  gpio: Type.Array(gpioSchema, { description: 'GPIO lines of a Raspberry Pi.', default: [] }),
  mqtt: Type.Array(mqttSchema, { description: 'MQTT brokers.', default: [] }),
});

export type SensorsConfiguration = Static<typeof sensorsSchema>;
export type SystemConfiguration = SensorsConfiguration['system'];
export type MqttConfiguration = SensorsConfiguration['mqtt'][number];
export type FieldConfiguration = Static<typeof fieldSchema>;
export type TopicConfiguration = Static<typeof topicSchema>;

/** The rules that go across fields; each sentence is a problem. For `loadConfiguration`'s `rules`. */
export function sensorProblems(sensors: SensorsConfiguration): readonly string[] {
  return [
    ...sharedNames(sensors),
    ...sharedDevices(sensors),
    ...overlappingTopics(sensors),
    ...sensors.serial.flatMap(serialProblems),
    ...sensors.modbus.flatMap(modbusProblems),
    ...sensors.gpio.flatMap(gpioProblems),
  ];
}

function sharedNames(sensors: SensorsConfiguration): string[] {
  const names = [...sensors.serial, ...sensors.modbus, ...sensors.gpio, ...sensors.mqtt].map((each) => each.name);
  if (sensors.system.enabled) names.push('system');
  return repeated(names).map((name) => `sensors: two sources are named ${name}; every source needs a name of its own.`);
}

function sharedDevices({ serial, modbus, gpio }: SensorsConfiguration): string[] {
  return [
    ...repeated([...serial, ...modbus].map(({ path }) => path)).map(
      (path) => `sensors.serial, sensors.modbus: ${path} is there twice, and only one can open it.`,
    ),
    ...repeated(gpio.map(({ pin }) => `GPIO${pin}`)).map(
      (line) => `sensors.gpio: ${line} is there twice, and only one can watch it.`,
    ),
  ];
}

/** A broker may deliver a message once for each filter that matches (MQTT 3.1.1, section 3.3.5): it would count twice. */
function overlappingTopics({ mqtt }: SensorsConfiguration): string[] {
  return mqtt.flatMap(({ name, topics }) =>
    topics.flatMap((one, index) =>
      topics
        .slice(index + 1)
        .filter((other) => overlapping(one.topic, other.topic))
        .map(
          (other) =>
            `sensors.mqtt ${name}: ${one.topic} and ${other.topic} can match the same message, which would count twice.`,
        ),
    ),
  );
}

function repeated(names: readonly string[]): string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}

import Type, { type Static } from 'typebox';
import { name, oneOf, unit } from '../source-settings.ts';
import { filterProblem, overlapping } from './topic.ts';

const topicSchema = Type.Object({
  topic: Type.String({
    description: 'Topic filter; `+` and `#` are wildcards. For the presets: `zigbee2mqtt/#`, `tele/#`.',
    minLength: 1,
  }),
  preset: oneOf(['json', 'zigbee2mqtt', 'tasmota'], {
    description:
      "What writes the messages. `json`: anything, a plain number or JSON. `zigbee2mqtt` and `tasmota`: their devices' values with their units, and `DEVICE/available`; commands, the bridge's own messages, versions and clocks are no readings.",
    default: 'json',
  }),
  pointer: Type.Optional(
    Type.String({
      description:
        'For `json`: JSON Pointer (RFC 6901) to the value in a JSON payload. Left out: a plain number, true or false, or every field of a JSON object.',
      pattern: '^/',
      says: 'a JSON Pointer, which begins with /',
    }),
  ),
  sensor: Type.Optional(
    Type.String({
      description:
        "Name of the reading after the source's. Left out: the topic; for the presets the part of it that the wildcards match, which is the device.",
      minLength: 1,
    }),
  ),
  unit,
  retained: Type.Boolean({
    description:
      'Whether a retained message is a reading too: once, and again only when it differs from the last one of its topic since the agent started. Its age is unknown: for states, not for measurements.',
    default: false,
  }),
});

export const mqttSchema = Type.Object({
  name,
  url: Type.String({
    description: 'The broker: `mqtt://host:1883` or `mqtts://host:8883`.',
    pattern: '^(mqtt|mqtts|ws|wss)://',
    says: 'an address that begins with mqtt://, mqtts://, ws:// or wss://',
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
  statusTopic: Type.Optional(
    Type.String({
      description:
        'Topic on which the broker says whether this source is connected: `online`, or `offline` as its last will, both retained. Left out: `tashika/CLIENTID/status`. Empty: none.',
      pattern: '^[^+#\\u0000]*$',
      says: 'a topic without the wildcards + and #, or nothing',
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

export type MqttConfiguration = Static<typeof mqttSchema>;
export type TopicConfiguration = MqttConfiguration['topics'][number];

/** What the settings of a broker say against each other; each sentence is a problem. */
export function mqttProblems(configuration: MqttConfiguration): readonly string[] {
  return [...impossibleTopics(configuration), ...overlappingTopics(configuration), ...onlyForJson(configuration)];
}

function impossibleTopics({ name, topics }: MqttConfiguration): string[] {
  return topics.flatMap(({ topic }, index) => {
    const problem = filterProblem(topic);
    if (problem === undefined) return [];
    return [
      `sensors.mqtt ${name}: topics[${index}].topic is no topic filter: ${problem}, found ${JSON.stringify(topic)}.`,
    ];
  });
}

/** A broker may deliver a message once for each filter that matches (MQTT 3.1.1, section 3.3.5): it would count twice. */
function overlappingTopics({ name, topics }: MqttConfiguration): string[] {
  return topics.flatMap((one, index) =>
    topics
      .slice(index + 1)
      .filter((other) => overlapping(one.topic, other.topic))
      .map(
        (other) =>
          `sensors.mqtt ${name}: ${one.topic} and ${other.topic} can match the same message, which would count twice.`,
      ),
  );
}

function onlyForJson({ name, topics }: MqttConfiguration): string[] {
  return topics.flatMap(({ topic, preset, pointer, unit }) =>
    Object.entries({ pointer, unit })
      .filter(([, value]) => preset !== 'json' && value !== undefined)
      .map(([setting]) => `sensors.mqtt ${name}: ${topic} has a ${setting}, which only the preset json knows.`),
  );
}

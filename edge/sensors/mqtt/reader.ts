import type { Message } from './message.ts';
import { parsePayload } from './payload.ts';
import type { TopicConfiguration } from './settings.ts';
import { readTasmota } from './tasmota.ts';
import { matchedLevels } from './topic.ts';
import { readZigbee2Mqtt } from './zigbee2mqtt.ts';

/**
 * Reads the messages of a subscription as its preset knows them. Undefined: a message that holds no readings, such as
 * a command or what a bridge says of itself.
 */
export function readMessage(rule: TopicConfiguration, topic: string, payload: Uint8Array): Message | undefined {
  const { preset, sensor, unit } = rule;
  if (preset === 'json') {
    const { fields, problems } = parsePayload(payload, rule);
    return {
      device: sensor ?? topic,
      fields: unit === undefined ? fields : fields.map((each) => ({ ...each, unit })),
      problems,
    };
  }
  const read = preset === 'tasmota' ? readTasmota : readZigbee2Mqtt;
  const message = read(matchedLevels(rule.topic, topic), payload);
  return message && { ...message, device: sensor ?? message.device };
}

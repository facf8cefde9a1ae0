import { messageOf } from '@tashika/shared/errors';
import type { Clock } from '@tashika/shared/time';
import type { MqttClient } from 'mqtt';
import { aborted } from '../aborted.ts';
import type { DeviceSession, SensorDriver } from '../driver.ts';
import { sensorName } from '../names.ts';
import type { CheckLine } from '../port.ts';
import { Rejections } from '../rejections.ts';
import { connectBroker, sessionId, statusTopic } from './connection.ts';
import { readMessage } from './reader.ts';
import { Redeliveries } from './redelivery.ts';
import { RetainedMessages } from './retained.ts';
import type { MqttConfiguration } from './settings.ts';
import { matches } from './topic.ts';

/**
 * Subscriptions at an MQTT 3.1.1 broker, with QoS 1 and a kept session: what comes while the connection is down is
 * delivered when it is back. A reading's time is that of its arrival here.
 */
export function mqttDriver(configuration: MqttConfiguration, clock: Clock): SensorDriver {
  // Both outlive the connection: what was taken before it broke may be delivered again after.
  const redeliveries = new Redeliveries();
  const retained = new RetainedMessages();
  const clientId = sessionId(configuration);
  const status = statusTopic(configuration);
  return {
    name: `mqtt:${configuration.name}`,
    reconnectMs: configuration.reconnectMs,

    async run(session, signal) {
      const address = withoutCredentials(configuration.url);
      const take = messageTaker(configuration, retained, clock, session);
      try {
        const connection = await connectBroker(configuration, {
          clientId,
          clean: false,
          status,
          signal,
          onMessage: (topic, payload, packet) => {
            if (signal.aborted || topic === status) return;
            const again = redeliveries.seen({ id: packet.messageId ?? 0, again: packet.dup, topic, payload });
            if (!again) take(topic, payload, packet.retain);
          },
        });
        try {
          await Promise.race([subscribe(connection.client, configuration), connection.lost, aborted(signal)]);
          session.running();
          await Promise.race([connection.lost, aborted(signal)]);
        } finally {
          await connection.close();
        }
      } catch (error) {
        throw new Error(`${address}: ${messageOf(error)}`, { cause: error });
      }
    },

    check: () => checkBroker(configuration),
  };
}

function messageTaker(
  { name, topics, url }: MqttConfiguration,
  retainedMessages: RetainedMessages,
  clock: Clock,
  session: DeviceSession,
) {
  const rejections = new Rejections('messages', (sentence) =>
    session.running(`${withoutCredentials(url)}: ${sentence}`),
  );
  return (topic: string, payload: Uint8Array, retained: boolean): void => {
    const rule = topics.find((each) => matches(each.topic, topic));
    if (!rule) return; // a subscription of an earlier configuration, kept by the broker
    // The broker repeats a retained message at every subscription: a value of unknown age, counted before.
    if (rule.retained ? !retainedMessages.take(topic, payload) && retained : retained) return;
    const message = readMessage(rule, topic, payload);
    if (!message) return;
    const { device, fields, problems } = message;
    const at = { monotonicMs: clock.monotonic() };
    if (problems[0] !== undefined) rejections.add(problems[0]);
    for (const { name: own, value, unit } of fields)
      session.measured({ sensor: sensorName(name, device, own), ...(unit !== undefined && { unit }), value, at });
  };
}

async function subscribe(client: MqttClient, { topics }: MqttConfiguration): Promise<void> {
  const granted = await client.subscribeAsync(
    topics.map(({ topic }) => topic),
    { qos: 1 },
  );
  const refused = granted.filter(({ qos }) => qos >= 128).map(({ topic }) => topic);
  if (refused.length > 0) throw new Error(`The broker refused the subscription to ${refused.join(', ')}.`);
}

/** Connects under another name, so that a running agent keeps its session. */
async function checkBroker(configuration: MqttConfiguration): Promise<readonly CheckLine[]> {
  const subject = `mqtt ${configuration.name}`;
  const address = withoutCredentials(configuration.url);
  try {
    const clientId = `${sessionId(configuration)}-check-${process.pid}`;
    const connection = await connectBroker(configuration, { clientId, clean: true, onMessage: () => {} });
    await connection.close();
    return [{ subject, verdict: 'ok', detail: `${address} answers.` }];
  } catch (error) {
    const detail = `${address} does not let us in (${messageOf(error)}). Check url, username and password, and that the broker runs.`;
    return [{ subject, verdict: 'fail', detail }];
  }
}

function withoutCredentials(url: string): string {
  return url.replace(/\/\/[^@/]*@/, '//');
}

import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { messageOf } from '@tashika/shared/errors';
import type { MqttClient } from 'mqtt';
import { connecting, deadline } from '../http/index.ts';
import { addressOf, type Link, type LinkOptions } from './link.ts';

/** Beam takes 5 to 1,200 s. A post puts the next ping off, and one that gets no answer finds a dead connection out. */
const KEEP_ALIVE_S = 600;

/**
 * MQTT to SORACOM Beam, which passes on to the broker of its configuration. QoS 1: a post is accepted when PUBACK came.
 * Whether Beam waits for its destination before it says so is not documented. Nothing is kept between connections:
 * the spool is the memory.
 */
export function mqttLink(options: LinkOptions): Link {
  const { url, timeoutMs, topic = 'tashika' } = options;
  /** Of one image there are many devices with one host name, and a broker lets only one of a name in. */
  const clientId = `tashika-${randomBytes(6).toString('hex')}`;
  let open: MqttClient | undefined;
  let opened = 0;

  async function connection(signal: AbortSignal): Promise<MqttClient> {
    if (open?.connected) return open;
    open?.end(true);
    const { MqttClient } = await import('mqtt');
    opened++;
    const client = new MqttClient(() => connect({ ...addressOf(url), noDelay: true, ...connecting(options) }), {
      clientId,
      clean: true,
      protocolVersion: 4,
      reconnectPeriod: 0,
      connectTimeout: timeoutMs,
      keepalive: KEEP_ALIVE_S,
      queueQoSZero: false,
    });
    client.on('error', () => {}); // told to whoever waits; nobody may be waiting
    open = client;
    await heardFrom(client, signal, (done) => client.once('connect', () => done()));
    return client;
  }

  return {
    async post(body, signal) {
      const limit = deadline(timeoutMs, signal);
      try {
        const client = await connection(limit.signal);
        await heardFrom(client, limit.signal, (done) => client.publish(topic, body, { qos: 1 }, done));
        return { kind: 'accepted' };
      } catch (error) {
        // What it had in flight goes with it: a late PUBACK finds nobody.
        open?.end(true);
        open = undefined;
        return { kind: 'failed', reason: limit.passed ? `no answer in ${timeoutMs} ms` : messageOf(error) };
      } finally {
        limit.clear();
      }
    },
    get opened() {
      return opened;
    },
    async close() {
      await open?.endAsync(true).catch(() => undefined);
    },
  };
}

/** Resolves when `start`'s callback says so; rejects with its error, the client's, or the signal's reason. */
function heardFrom(
  client: MqttClient,
  signal: AbortSignal,
  start: (done: (error?: Error) => void) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (error?: unknown) => {
      client.off('error', done);
      client.off('close', onClose);
      signal.removeEventListener('abort', onAbort);
      if (error === undefined || error === null) resolve();
      else reject(error);
    };
    const onClose = () => done(new Error('the connection was closed'));
    const onAbort = () => done(signal.reason);
    client.on('error', done);
    client.on('close', onClose);
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    start(done);
  });
}

import { hostname } from 'node:os';
import { messageOf } from '@tashika/shared/errors';
import type { IClientOptions, IPublishPacket, MqttClient } from 'mqtt';
import { aborted } from '../aborted.ts';
import type { MqttConfiguration } from './settings.ts';

const KEEP_ALIVE_S = 30;

export interface ConnectionOptions {
  readonly clientId: string;
  /** Gives the attempt up: a broker may take its time to answer. */
  readonly signal?: AbortSignal;
  /** Whether the broker forgets the session when the connection ends. */
  readonly clean: boolean;
  /** Where the broker says whether we are connected; left out: nowhere. */
  readonly status?: string | undefined;
  readonly onMessage: (topic: string, payload: Uint8Array, packet: IPublishPacket) => void;
}

export interface Connection {
  readonly client: MqttClient;
  /** Rejects with the reason when the connection is lost. */
  readonly lost: Promise<never>;
  close(): Promise<void>;
}

/** Stays the same over restarts, so that the broker keeps for us what comes meanwhile. */
export function sessionId({ clientId, name }: Pick<MqttConfiguration, 'clientId' | 'name'>): string {
  return clientId ?? `tashika-${hostname()}-${name}`;
}

/** The topic of the last will, or nothing where it is switched off. */
export function statusTopic(
  configuration: Pick<MqttConfiguration, 'clientId' | 'name' | 'statusTopic'>,
): string | undefined {
  return (configuration.statusTopic ?? `tashika/${sessionId(configuration)}/status`) || undefined;
}

/**
 * Connects to a broker, once: trying again is the supervisor's. A message is acknowledged to the broker after
 * `onMessage` has returned, so one that was not taken is delivered again. Aborted by `signal`, it returns a connection
 * that has yet to be made and only needs to be closed.
 *
 * @throws the broker's or the network's reason
 */
export async function connectBroker(
  configuration: Pick<MqttConfiguration, 'url' | 'username' | 'password' | 'connectTimeoutMs'>,
  { clientId, clean, onMessage, status, signal }: ConnectionOptions,
): Promise<Connection> {
  const { connect } = await import('mqtt');
  const { url, username, password, connectTimeoutMs } = configuration;
  const options: IClientOptions = {
    clientId,
    clean,
    reconnectPeriod: 0,
    connectTimeout: connectTimeoutMs,
    keepalive: KEEP_ALIVE_S,
    ...(status !== undefined && { will: { topic: status, payload: Buffer.from('offline'), qos: 1, retain: true } }),
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
  };
  const client = connect(url, options);
  client.on('message', onMessage); // before the connection is there: a kept session delivers at once
  let reason: unknown;
  const lost = new Promise<never>((_, reject) => {
    client.on('error', (error) => {
      reason = error;
    });
    client.on('close', () =>
      reject(new Error(reason === undefined ? 'The connection was closed.' : messageOf(reason))),
    );
  });
  lost.catch(() => {}); // told to whoever waits for it; nobody may be waiting yet
  // Closed without the broker being told: then it publishes the last will, whichever side ended the connection.
  const close = async () => {
    client.removeListener('message', onMessage);
    await client.endAsync(true).catch(() => {});
  };
  try {
    const connected = new Promise<void>((resolve) => client.once('connect', () => resolve()));
    await Promise.race([connected, lost, ...(signal ? [aborted(signal)] : [])]);
  } catch (error) {
    await close();
    throw error;
  }
  // Not waited for: a broker that does not answer this does not keep our subscriptions from us.
  if (status !== undefined && client.connected)
    client.publishAsync(status, 'online', { qos: 1, retain: true }).catch(() => {});
  return { client, lost, close };
}

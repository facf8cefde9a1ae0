import { createServer, type Socket } from 'node:net';
import { type Clock, systemClock } from '@tashika/shared/time';
import { closed, listen, portOf } from '../listening/index.ts';
import { simOf, withSourceAddress } from '../sims/index.ts';
import type { Beam, BeamOptions } from './beam.ts';
import { type Proxying, proxySession } from './mqtt-session.ts';

export interface BeamMqttOptions extends Pick<BeamOptions, 'host' | 'port'>, Pick<Proxying, 'credentials' | 'addImsi'> {
  /** The broker that sessions are proxied to, such as `mqtt://127.0.0.1:1884`. */
  readonly destination: string;
  readonly clock?: Clock;
}

const STANDARD_PORT = 1_883;

/**
 * Starts a stand-in for SORACOM Beam's MQTT entry point: each device's session is proxied to the broker of the
 * configuration, with its credentials, and with the SIM's IMSI behind each topic that is published to. Which SIM it is,
 * the source address says.
 *
 * @throws TashikaError `PORT_BUSY`
 */
export async function startBeamMqtt(options: BeamMqttOptions): Promise<Beam> {
  const { clock = systemClock, credentials, addImsi = false } = options;
  const { hostname: host, port } = new URL(options.destination);
  const broker = { host, port: port === '' ? STANDARD_PORT : Number(port) };
  const open = new Set<Socket>();
  const server = createServer((device) => {
    open.add(device);
    device.on('close', () => open.delete(device));
    device.on('error', () => device.destroy());
    withSourceAddress(device, clock, (source) => {
      const sim = simOf(source);
      if (sim) proxySession(device, { sim, broker, credentials, addImsi, clock });
      else device.destroy();
    });
  });
  await listen(server, options.port ?? 0, options.host ?? '127.0.0.1');
  return {
    port: portOf(server),
    async stop() {
      const closing = closed(server);
      for (const device of open) device.destroy();
      await closing;
    },
  };
}

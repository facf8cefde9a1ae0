import { connect, type Socket } from 'node:net';
import type { Clock, Duration } from '@tashika/shared/time';
import { generate, type IConnectPacket, type Packet, parser } from 'mqtt-packet';
import type { Sim } from '../sims/index.ts';

export interface Proxying {
  readonly sim: Sim;
  readonly broker: { readonly host: string; readonly port: number };
  /** Who the broker is told that it is. What a device says of that itself is not passed on. */
  readonly credentials?: { readonly username: string; readonly password: string } | undefined;
  /** Whether `/IMSI` is put behind the topic of what a device publishes. */
  readonly addImsi: boolean;
  readonly clock: Clock;
}

/** MQTT 3.1.1, section 3.2.2.3. */
const REFUSED = { protocol: 1, brokerAway: 3, notAuthorized: 5 } as const;
const MOST_PACKET_BYTES = 1024 * 1024;
const CONNECT_WITHIN: Duration = 10_000;
/** How long a session without a keepalive may be silent. */
const SILENT_WITHOUT_KEEPALIVE: Duration = 30 * 60_000;

/**
 * Proxies one device's session to the broker. What the broker says goes back as it is: a PUBACK is the broker's own.
 * Nothing of a session is kept, and it ends on both sides at once.
 */
export function proxySession(device: Socket, { sim, broker, credentials, addImsi, clock }: Proxying): void {
  const packets = parser({ protocolVersion: 4 });
  let toBroker: Socket | undefined;
  let mayBeSilent = CONNECT_WITHIN;
  let silence = clock.after(mayBeSilent, end);

  function end(): void {
    silence.cancel();
    device.destroy();
    toBroker?.destroy();
  }

  function refuse(returnCode: number): void {
    toBroker = undefined;
    device.end(generate({ cmd: 'connack', returnCode, sessionPresent: false }));
  }

  function begin(packet: IConnectPacket): void {
    const { username: _, password: __, keepalive = 0, ...rest } = packet;
    const wrong = packet.protocolVersion !== 4 ? REFUSED.protocol : isKeepalive(keepalive) ? 0 : REFUSED.notAuthorized;
    if (wrong !== 0) {
      refuse(wrong);
      return;
    }
    mayBeSilent = keepalive === 0 ? SILENT_WITHOUT_KEEPALIVE : keepalive * 1_500;
    const socket = connect(broker);
    let reached = false;
    socket.once('connect', () => {
      reached = true;
    });
    socket.on('error', () => (reached ? end() : refuse(REFUSED.brokerAway)));
    socket.pipe(device);
    socket.write(generate({ ...rest, keepalive, ...(credentials && withBytes(credentials)) }));
    toBroker = socket;
  }

  function pass(packet: Packet): void {
    if (packet.cmd === 'connect' && !toBroker) {
      begin(packet);
      return;
    }
    if (packet.cmd === 'connect' || !toBroker) {
      end();
      return;
    }
    const ofTheSim = packet.cmd === 'publish' && addImsi ? { ...packet, topic: `${packet.topic}/${sim.imsi}` } : packet;
    const flowing = toBroker.write(generate(ofTheSim));
    if (flowing) return;
    device.pause();
    toBroker.once('drain', () => device.resume());
  }

  packets.on('packet', pass);
  packets.on('error', end);
  device.on('data', (chunk: Buffer) => {
    silence.cancel();
    try {
      if (packets.parse(chunk) > MOST_PACKET_BYTES) return end();
    } catch {
      return end(); // what can be read and not written, such as a kept session without a client id
    }
    if (!device.destroyed) silence = clock.after(mayBeSilent, end);
  });
  device.on('close', end);
}

/** What Beam takes: 0 for none, or 5 to 1,200 s. */
function isKeepalive(seconds: number): boolean {
  return seconds === 0 || (seconds >= 5 && seconds <= 1_200);
}

function withBytes({ username, password }: { readonly username: string; readonly password: string }) {
  return { username, password: Buffer.from(password) };
}

import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { Duration } from '@tashika/shared/time';

/** The way between a device and an entry point, and what is wrong with it. */
export interface FaultProxy {
  readonly port: number;
  readonly connections: number;
  /** Bytes that it carried, without the headers of TCP, UDP and IP. */
  readonly bytes: { readonly up: number; readonly down: number };
  /** Writes and datagrams that it carried. */
  readonly packets: { readonly up: number; readonly down: number };
  /** How long each way takes. */
  delayMs: Duration;
  /** The connections open now carry nothing more, and neither side is told. */
  freeze(): void;
  close(): Promise<void>;
}

class Carried {
  connections = 0;
  readonly bytes = { up: 0, down: 0 };
  readonly packets = { up: 0, down: 0 };
  delayMs: Duration = 0;

  /** Hands `chunk` on after the delay; what came first arrives first. */
  carry(way: 'up' | 'down', chunk: Buffer, handOn: () => void): void {
    this.bytes[way] += chunk.length;
    this.packets[way]++;
    if (this.delayMs > 0) setTimeout(handOn, this.delayMs);
    else handOn();
  }
}

/** A proxy before `target` for TCP, and so for HTTP and MQTT. */
export async function startTcpFaultProxy(target: {
  readonly host: string;
  readonly port: number;
}): Promise<FaultProxy> {
  const carried = new Carried();
  const pairs = new Set<{ frozen: boolean; readonly sockets: readonly Socket[] }>();
  const server = createServer({ noDelay: true }, (device) => {
    carried.connections++;
    const entry = connect({ ...target, noDelay: true });
    const pair = { frozen: false, sockets: [device, entry] };
    pairs.add(pair);
    const both = [
      [device, entry, 'up'],
      [entry, device, 'down'],
    ] as const;
    for (const [from, to, way] of both) {
      from.on('data', (chunk) => carried.carry(way, chunk, () => pair.frozen || to.destroyed || to.write(chunk)));
      from.on('error', () => pair.frozen || to.destroy());
      from.on('close', () => {
        if (!pair.frozen) to.destroy();
      });
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return Object.assign(carried, {
    port: (server.address() as AddressInfo).port,
    freeze: () => {
      for (const pair of pairs) pair.frozen = true;
    },
    close: async () => {
      for (const { sockets } of pairs) for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  });
}

/** A proxy before `target` for UDP: a device's port has a port of its own there. */
export async function startUdpFaultProxy(target: {
  readonly host: string;
  readonly port: number;
}): Promise<FaultProxy> {
  const carried = new Carried();
  const towards = new Map<number, UdpSocket>();
  const server = createSocket('udp4');
  let frozen = false;
  server.on('message', (datagram, device) => {
    let entry = towards.get(device.port);
    if (entry === undefined) {
      carried.connections++;
      entry = createSocket('udp4');
      entry.on('message', (answer) => {
        carried.carry('down', answer, () => frozen || server.send(answer, device.port, device.address));
      });
      towards.set(device.port, entry);
    }
    const by = entry;
    carried.carry('up', datagram, () => frozen || by.send(datagram, target.port, target.host));
  });
  server.bind(0, '127.0.0.1');
  await once(server, 'listening');
  return Object.assign(carried, {
    port: server.address().port,
    freeze: () => {
      frozen = true;
    },
    close: async () => {
      frozen = true;
      for (const socket of towards.values()) socket.close();
      server.close();
      await once(server, 'close');
    },
  });
}

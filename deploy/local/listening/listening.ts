import type { Socket } from 'node:dgram';
import type { AddressInfo, Server } from 'node:net';
import { TashikaError } from '@tashika/shared/errors';

const TRIES_FOR_A_FREE_PAIR = 20;

/** @throws TashikaError `PORT_BUSY` */
export function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(busyOr(error, port)));
    server.listen(port, host, () => resolve());
  });
}

/**
 * Listens on one port number by TCP and UDP. Port 0 finds a number that is free for both.
 *
 * @throws TashikaError `PORT_BUSY`
 */
export async function listenOnBoth(tcp: Server, udp: Socket, port: number, host: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    await listen(tcp, port, host);
    try {
      return await bind(udp, portOf(tcp), host);
    } catch (error) {
      await closed(tcp);
      if (port !== 0 || tries === TRIES_FOR_A_FREE_PAIR) throw error;
    }
  }
}

export function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

/** Resolves once nothing is listening or open any more; at once for what never listened. */
export function closed(server: Server | Socket): Promise<void> {
  return new Promise((resolve) => {
    if ('listening' in server && !server.listening) return resolve();
    server.close(() => resolve());
  });
}

function bind(udp: Socket, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error) => reject(busyOr(error, port));
    udp.once('error', onError);
    udp.bind(port, host, () => {
      udp.off('error', onError);
      resolve();
    });
  });
}

function busyOr(error: Error, port: number): Error {
  if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') return error;
  return new TashikaError('PORT_BUSY', `Port ${port} is in use.`, { cause: error });
}

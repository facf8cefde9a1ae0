import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '@tashika/shared/time';
import { withSourceAddress } from './proxy-protocol.ts';

/**
 * Lets an HTTP server's connections say by the PROXY protocol which source address they speak for, before HTTP begins.
 *
 * @returns the source address of a request's connection
 */
export function bySourceAddress(server: Server, clock: Clock): (request: IncomingMessage) => string | undefined {
  const sources = new WeakMap<Socket, string | undefined>();
  // HTTP itself begins in the server's own listener, which has to wait until the header is read off the socket.
  const beginHttp = server.listeners('connection');
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) =>
    withSourceAddress(socket, clock, (source) => {
      sources.set(socket, source);
      for (const begin of beginHttp) begin.call(server, socket);
    }),
  );
  return (request) => sources.get(request.socket);
}

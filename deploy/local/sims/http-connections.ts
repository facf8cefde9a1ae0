import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '@tashika/shared/time';
import { withSourceAddress } from './proxy-protocol.ts';

/** The connections of an HTTP server, each with the source address that it speaks for. */
export interface HttpConnections {
  /** The source address of a request's connection. */
  sourceOf(request: IncomingMessage): string | undefined;
  /** Cuts every connection, also those that have sent nothing yet: the server itself does not know of them. */
  cutAll(): void;
}

/** Lets an HTTP server's connections say by the PROXY protocol whom they speak for, before HTTP begins. */
export function bySourceAddress(server: Server, clock: Clock): HttpConnections {
  const sources = new WeakMap<Socket, string | undefined>();
  const silent = new Set<Socket>();
  // HTTP itself begins in the server's own listener, which has to wait until the header is read off the socket.
  const beginHttp = server.listeners('connection');
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    const heardOrGone = () => silent.delete(socket);
    silent.add(socket);
    socket.once('close', heardOrGone);
    withSourceAddress(socket, clock, (source) => {
      socket.off('close', heardOrGone);
      heardOrGone();
      sources.set(socket, source);
      for (const begin of beginHttp) begin.call(server, socket);
    });
  });
  return {
    sourceOf: (request) => sources.get(request.socket),
    cutAll: () => {
      for (const socket of silent) socket.destroy();
      server.closeAllConnections();
    },
  };
}

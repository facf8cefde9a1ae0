import type { Socket } from 'node:net';
import type { Duration } from '@tashika/shared/time';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** No request of an upload may stand still for longer. */
const STILL_MS: Duration = 60_000;

const sockets = new WeakSet<Socket>();

/**
 * Lets a request take as long as bytes come, which an upload of hundreds of megabytes needs: the server's time for a
 * whole request does not hold for it, and one that stands still is ended. Until its answer has been sent.
 */
export function allowLong({ raw: { socket } }: FastifyRequest, reply: FastifyReply): void {
  const end = () => void socket.destroy();
  sockets.add(socket);
  socket.setTimeout(STILL_MS, end);
  reply.raw.once('close', () => {
    sockets.delete(socket);
    socket.off('timeout', end);
  });
}

/** Whether the request that this socket brings may take long. */
export function mayTakeLong(socket: Socket): boolean {
  return sockets.has(socket);
}

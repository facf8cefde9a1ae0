import { createServer, type Socket } from 'node:net';
import type { Clock } from '@tashika/shared/time';
import { withSourceAddress } from '../sims/index.ts';
import { LINE_TAKEN, lineAnswer } from './answers.ts';
import type { Entry } from './entry.ts';
import type { Reception } from './reception.ts';

/**
 * Funnel's TCP entry point. It has no framing: whatever one read brings is one payload, so segments that the network
 * splits or merges are other payloads than the device wrote. A connection's payloads are answered one after the other;
 * a refused one closes it.
 */
export function tcpEntry(reception: Reception, clock: Clock): Entry {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => socket.destroy());
    withSourceAddress(socket, clock, (source) => serve(socket, source, reception));
  });
  return {
    server,
    cutAll: () => {
      for (const socket of open) socket.destroy();
    },
  };
}

async function serve(socket: Socket, source: string | undefined, reception: Reception): Promise<void> {
  const admitted = reception.admit(source);
  if ('refusal' in admitted) {
    socket.resume();
    socket.end(lineAnswer(admitted.refusal));
    return;
  }
  socket.on('data', (payload: Buffer) => {
    socket.pause();
    void reception.take(admitted, 'tcp', payload).then((refusal) => {
      if (refusal) return socket.end(lineAnswer(refusal));
      socket.write(LINE_TAKEN);
      return socket.resume();
    });
  });
}

import { createSocket, type Socket } from 'node:dgram';
import { LINE_TAKEN, lineAnswer } from './answers.ts';
import type { Reception } from './reception.ts';

/** Funnel's UDP entry point: one datagram is one payload, answered to where it came from. Returns it unbound. */
export function udpEntry(reception: Reception): Socket {
  const socket = createSocket('udp4');
  socket.on('message', (payload, { address, port }) => {
    const answer = (text: string) => socket.send(text, port, address, () => {}); // the sender may be gone
    const admitted = reception.admit(address);
    if ('refusal' in admitted) return answer(lineAnswer(admitted.refusal));
    return void reception
      .take(admitted, 'udp', payload)
      .then((refusal) => answer(refusal ? lineAnswer(refusal) : LINE_TAKEN))
      .catch(() => {}); // the socket was closed meanwhile
  });
  return socket;
}

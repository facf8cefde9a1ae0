import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { TashikaError } from '@tashika/shared/errors';

/** A port that something will listen on, and the variable that moves it. */
export interface Port {
  readonly number: number;
  readonly variable: string;
  readonly protocols: readonly ('tcp' | 'udp')[];
}

const HOST = '127.0.0.1';

/**
 * Makes sure that every port is free before anything is started; two settings with one port are found too.
 *
 * @throws TashikaError `PORT_BUSY`, naming the variable that moves the port
 */
export async function assertPortsFree(ports: readonly Port[]): Promise<void> {
  const taken: (() => Promise<void>)[] = [];
  try {
    for (const port of ports)
      for (const protocol of port.protocols)
        taken.push(await take(protocol, port).catch((error) => refuse(port, error)));
  } finally {
    for (const release of taken) await release();
  }
}

function refuse({ number, variable }: Port, cause: NodeJS.ErrnoException): never {
  const why = cause.code === 'EADDRINUSE' ? 'is in use' : `can't be used (${cause.code ?? cause.message})`;
  throw new TashikaError('PORT_BUSY', `Port ${number} ${why}. Set ${variable} to another one.`, { cause });
}

/** Holds the port until what it returns is called. */
function take(protocol: 'tcp' | 'udp', { number }: Port): Promise<() => Promise<void>> {
  return new Promise((resolve, reject) => {
    if (protocol === 'udp') {
      const socket = createSocket('udp4');
      socket.once('error', reject);
      socket.bind({ port: number, address: HOST, exclusive: true }, () =>
        resolve(() => new Promise((released) => socket.close(released))),
      );
      return;
    }
    const server = createServer();
    server.once('error', reject);
    server.listen({ port: number, host: HOST, exclusive: true }, () =>
      resolve(() => new Promise((released) => server.close(() => released()))),
    );
  });
}

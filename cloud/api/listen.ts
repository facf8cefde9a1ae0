import type { AddressInfo } from 'node:net';
import { messageOf, TashikaError } from '@tashika/shared/errors';
import type { Clock } from '@tashika/shared/time';
import type { FastifyInstance } from 'fastify';
import { requireLoopback } from './loopback.ts';

/**
 * Binds the API; answers its address.
 * @throws TashikaError ADDRESS_REFUSED for an address that others can reach, PORT_BUSY
 */
export async function listen(app: FastifyInstance, { host, port }: { host: string; port: number }): Promise<string> {
  requireLoopback(host);
  try {
    await app.listen({ host, port, listenTextResolver: (address) => `the API listens at ${address}` });
  } catch (cause) {
    throw refusal(cause, host, port);
  }
  const bound = app.addresses()[0] as AddressInfo;
  return `http://${bound.family === 'IPv6' ? `[${bound.address}]` : bound.address}:${bound.port}`;
}

/** How long requests under way may take when the program stops. */
const FINISH_WITHIN_MS = 3_000;

/** Takes no more requests, ends the live streams, and gives the requests under way a few seconds. */
export async function closeApi(app: FastifyInstance, clock: Clock): Promise<void> {
  const overdue = clock.after(FINISH_WITHIN_MS, () => app.server.closeAllConnections());
  await app.close();
  overdue.cancel();
}

function refusal(cause: unknown, host: string, port: number): unknown {
  switch ((cause as NodeJS.ErrnoException).code) {
    case 'EADDRINUSE':
      return new TashikaError(
        'PORT_BUSY',
        `Port ${port} is in use by another program; TASHIKA_CLOUD_API_PORT moves the API to another one.`,
        { cause },
      );
    case 'EACCES':
      return new TashikaError(
        'PORT_BUSY',
        `Port ${port} may not be used by this user; TASHIKA_CLOUD_API_PORT moves the API to another one.`,
        { cause },
      );
    case 'EADDRNOTAVAIL':
      return new TashikaError('ADDRESS_REFUSED', `api.host is ${host}, which this machine does not have.`, { cause });
    default:
      return new Error(`the API can not listen on ${host}:${port}: ${messageOf(cause)}`, { cause });
  }
}

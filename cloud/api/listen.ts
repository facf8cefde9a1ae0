import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { messageOf, TashikaError } from '@tashika/shared/errors';
import type { Clock } from '@tashika/shared/time';
import type { FastifyInstance } from 'fastify';
import { type ListeningSection, requireLoopback } from './loopback.ts';

/**
 * Binds the API; answers its address.
 * @throws TashikaError ADDRESS_REFUSED for an address that others can reach, PORT_BUSY
 */
export async function listen(
  app: FastifyInstance,
  { host, port }: { host: string; port: number },
  section: ListeningSection = 'api',
): Promise<string> {
  requireLoopback(host, section);
  try {
    await app.listen({ host, port, listenTextResolver: (address) => `the ${NAMES[section]} listens at ${address}` });
  } catch (cause) {
    throw refusal(cause, section, host, port);
  }
  const bound = app.addresses()[0] as AddressInfo;
  const scheme = 'setSecureContext' in app.server ? 'https' : 'http';
  return `${scheme}://${bound.family === 'IPv6' ? `[${bound.address}]` : bound.address}:${bound.port}`;
}

/**
 * Finds out whether the address can be bound, before what takes long or changes something is begun.
 * @throws TashikaError ADDRESS_REFUSED, PORT_BUSY
 */
export async function requireFreePort(
  { host, port }: { host: string; port: number },
  section: ListeningSection,
): Promise<void> {
  if (port === 0) return;
  const probe = createServer();
  try {
    probe.listen(port, host);
    await once(probe, 'listening');
  } catch (cause) {
    throw refusal(cause, section, host, port);
  }
  probe.close();
  await once(probe, 'close');
}

const NAMES = { api: 'API', worker: 'worker' } as const;

/** How long requests under way may take when the program stops. */
const FINISH_WITHIN_MS = 3_000;

/** Takes no more requests, ends the live streams, and gives the requests under way a few seconds. */
export async function closeApi(app: FastifyInstance, clock: Clock): Promise<void> {
  const overdue = clock.after(FINISH_WITHIN_MS, () => app.server.closeAllConnections());
  await app.close();
  overdue.cancel();
}

function refusal(cause: unknown, section: ListeningSection, host: string, port: number): unknown {
  const remedy = `TASHIKA_CLOUD_${section.toUpperCase()}_PORT moves the ${NAMES[section]} to another one.`;
  switch ((cause as NodeJS.ErrnoException).code) {
    case 'EADDRINUSE':
      return new TashikaError('PORT_BUSY', `Port ${port} is in use by another program; ${remedy}`, { cause });
    case 'EACCES':
      return new TashikaError('PORT_BUSY', `Port ${port} may not be used by this user; ${remedy}`, { cause });
    case 'EADDRNOTAVAIL':
      return new TashikaError('ADDRESS_REFUSED', `${section}.host is ${host}, which this machine does not have.`, {
        cause,
      });
    default:
      return new Error(`the ${NAMES[section]} can not listen on ${host}:${port}: ${messageOf(cause)}`, { cause });
  }
}

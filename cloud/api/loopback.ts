import { TashikaError } from '@tashika/shared/errors';
import type { FastifyRequest } from 'fastify';
import { ProblemError } from './problem.ts';

/** The names under which a browser on this machine may reach us; a number can't be pointed elsewhere. */
const LOOPBACK_HOST = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i;

const LOOPBACK_ADDRESS = /^(localhost|127(\.\d{1,3}){3}|::1)$/i;

/** The section of the configuration that says where a process listens. */
export type ListeningSection = 'api' | 'worker';

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/**
 * Holds to addresses that only this machine reaches: whoever can connect can see and re-drive everything.
 * @throws TashikaError ADDRESS_REFUSED
 */
export function requireLoopback(address: string, section: ListeningSection = 'api'): void {
  if (LOOPBACK_ADDRESS.test(address)) return;
  throw new TashikaError(
    'ADDRESS_REFUSED',
    `${section}.host is ${address}, which others can reach, and no authentication is configured; use 127.0.0.1, ::1 or localhost.`,
  );
}

/**
 * Refuses what a foreign web page can make a browser on this machine send: a request under a name of its own that
 * points here (DNS rebinding), and a write from another origin (cross-site request forgery).
 * @throws ProblemError HOST_REFUSED, ORIGIN_REFUSED
 */
export function refuseForeignPages(request: Pick<FastifyRequest, 'method' | 'headers' | 'protocol'>): void {
  const { host = '', origin } = request.headers;
  if (!LOOPBACK_HOST.test(host))
    throw new ProblemError('HOST_REFUSED', 'Only localhost, 127.0.0.0/8 and [::1] are served here, with any port.');
  if (SAFE_METHODS.has(request.method)) return;
  const foreign = origin !== undefined && origin.toLowerCase() !== `${request.protocol}://${host.toLowerCase()}`;
  if (foreign || request.headers['sec-fetch-site'] === 'cross-site')
    throw new ProblemError('ORIGIN_REFUSED', 'A page of another origin may not change anything here.');
}

import { lookup } from 'node:dns/promises';
import { connect } from 'node:net';
import { messageOf } from '@tashika/shared/errors';
import type { Duration } from '@tashika/shared/time';
import type { EdgeConfiguration } from '../config/index.ts';
import type { CheckLine } from '../sensors/index.ts';
import { addressOf } from '../uplink/index.ts';

const LONGEST_WAIT: Duration = 10_000;

/**
 * Whether Funnel's address is known and takes a connection. Nothing is sent over it: a message would be counted.
 */
export async function checkLink({ uplink }: Pick<EdgeConfiguration, 'uplink'>): Promise<readonly CheckLine[]> {
  const { host, port } = addressOf(uplink.url);
  const line = (verdict: CheckLine['verdict'], detail: string): CheckLine[] => [{ subject: 'link', verdict, detail }];
  let address: string;
  try {
    ({ address } = await lookup(host));
  } catch (error) {
    return line(
      'fail',
      `The name ${host} is not known (${messageOf(error)}). Is the cellular link up, and its DNS in use?`,
    );
  }
  if (uplink.url.startsWith('udp:'))
    return line('ok', `${host} is ${address}. UDP has no connection to try; nothing was sent.`);
  try {
    const tookMs = await connectionTime(address, port, Math.min(uplink.timeoutMs, LONGEST_WAIT), uplink.localAddress);
    return line('ok', `${host} (${address}) port ${port} took a connection in ${tookMs} ms. Nothing was sent.`);
  } catch (error) {
    return line(
      'fail',
      `${host} (${address}) port ${port} took no connection (${messageOf(error)}). Is the cellular link up, the SIM active, and the route to it right? See uplink.url and uplink.localAddress.`,
    );
  }
}

/** @returns how long the connection took, in milliseconds */
function connectionTime(host: string, port: number, withinMs: Duration, localAddress?: string): Promise<Duration> {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now();
    const socket = connect({ host, port, timeout: withinMs, ...(localAddress !== undefined && { localAddress }) });
    socket.once('connect', () => {
      socket.destroy();
      resolve(Math.round(performance.now() - startedAt));
    });
    socket.once('timeout', () => socket.destroy(new Error(`no answer in ${withinMs} ms`)));
    socket.once('error', reject);
  });
}

import { lookup } from 'node:dns/promises';
import { connect } from 'node:net';
import { messageOf } from '@tashika/shared/errors';
import type { RegionCode } from '@tashika/shared/regions';
import type { Duration } from '@tashika/shared/time';
import type { EdgeConfiguration } from '../config/index.ts';
import type { CheckLine } from '../sensors/index.ts';
import { addressOf, openLink } from '../uplink/index.ts';
import { testMessage } from './test-message.ts';

const LONGEST_WAIT: Duration = 10_000;

/**
 * Whether the link's address is known, takes a connection, and takes a post: a test message, which is not counted.
 *
 * @param region without one no post can be made, and none is sent
 */
export async function checkLink(
  { uplink }: Pick<EdgeConfiguration, 'uplink'>,
  region: RegionCode | undefined,
): Promise<readonly CheckLine[]> {
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
  const timeoutMs = Math.min(uplink.timeoutMs, LONGEST_WAIT);
  const place = `${host} (${address}) port ${port}`;
  if (!uplink.url.startsWith('udp:'))
    try {
      await connection(address, port, timeoutMs, uplink.localAddress);
    } catch (error) {
      return line(
        'fail',
        `${place} took no connection (${messageOf(error)}). Is the cellular link up, the SIM active, and the route to it right? See uplink.url and uplink.localAddress.`,
      );
    }
  if (region === undefined) return line('warn', `${place} can be reached. Without a region nothing was sent.`);
  const [verdict, detail] = await posted({ ...uplink, timeoutMs }, region);
  return line(verdict, `${place} ${detail}`);
}

async function posted(
  uplink: EdgeConfiguration['uplink'],
  region: RegionCode,
): Promise<readonly [CheckLine['verdict'], string]> {
  const link = openLink(uplink);
  const startedAt = performance.now();
  try {
    const verdict = await link.post(Buffer.from(JSON.stringify(testMessage(region))), new AbortController().signal);
    const tookMs = Math.round(performance.now() - startedAt);
    if (verdict.kind === 'accepted')
      return [
        'ok',
        `took a test message, which is not counted, in ${tookMs} ms. That it reaches the cloud is not proven.`,
      ];
    return [
      'fail',
      `took no test message (${verdict.reason}). Is the SIM in a group that has Funnel switched on, with the format JSON?`,
    ];
  } finally {
    await link.close();
  }
}

function connection(host: string, port: number, withinMs: Duration, localAddress?: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, timeout: withinMs, ...(localAddress !== undefined && { localAddress }) });
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.once('timeout', () => socket.destroy(new Error(`no answer in ${withinMs} ms`)));
    socket.once('error', reject);
  });
}

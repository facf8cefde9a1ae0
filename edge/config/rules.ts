import { resolveRegion } from '@tashika/shared/regions';
import { sensorProblems } from '../sensors/config.ts';
import type { EdgeConfiguration } from './schema.ts';

/** Rules between fields that the schema can't say; each sentence is a problem. */
export function edgeRules(configuration: EdgeConfiguration): readonly string[] {
  const { region, spool, uplink, metadata, receipts, sensors, health, update } = configuration;
  const problems: string[] = [];
  if (region !== undefined && resolveRegion(region) === undefined)
    problems.push(
      `region must name one of the 47 prefectures, such as "13" or "東京都", found ${JSON.stringify(region)}.`,
    );
  problems.push(
    ...addressProblems({
      'metadata.url': metadata.url,
      'uplink.url': uplink.url,
      'receipts.url': receipts.url,
      'update.url': update.url,
    }),
  );
  if (spool.segmentBytes * 4 > spool.maxBytes)
    problems.push(
      `spool.segmentBytes must be at most a quarter of spool.maxBytes (${spool.maxBytes}), found ${spool.segmentBytes}.`,
    );
  if (uplink.retryFirstMs > uplink.retryMostMs)
    problems.push(
      `uplink.retryFirstMs must not exceed uplink.retryMostMs (${uplink.retryMostMs}), found ${uplink.retryFirstMs}.`,
    );
  if (health.port !== undefined && !isLoopback(health.host))
    problems.push(
      `health.host must be a loopback address, because the health server asks nobody who they are, found ${JSON.stringify(health.host)}.`,
    );
  problems.push(...sensorProblems(sensors));
  return problems;
}

/** A scheme alone matches the pattern, and is no address. */
function addressProblems(urls: Readonly<Record<string, string | undefined>>): readonly string[] {
  return Object.entries(urls).flatMap(([name, url]) => {
    if (url === undefined) return [];
    const address = URL.canParse(url) ? new URL(url) : undefined;
    if (!address?.hostname)
      return [`${name} must be a whole address, such as http://host, found ${JSON.stringify(url)}.`];
    if (address.username === '' && address.password === '') return [];
    return [
      `${name} must bear no user name and no password: the SIM is the identity, and the address stands in the log.`,
    ];
  });
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}

import { resolveRegion } from '@tashika/shared/regions';
import { sensorProblems } from '../sensors/config.ts';
import type { EdgeConfiguration } from './schema.ts';

/** Rules between fields that the schema can't say; each sentence is a problem. */
export function edgeRules({ region, spool, uplink, sensors, health }: EdgeConfiguration): readonly string[] {
  const problems: string[] = [];
  if (region !== undefined && resolveRegion(region) === undefined)
    problems.push(
      `region must name one of the 47 prefectures, such as "13" or "東京都", found ${JSON.stringify(region)}.`,
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

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}

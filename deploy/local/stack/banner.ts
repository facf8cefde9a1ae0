import { regionOf, resolveRegion } from '@tashika/shared/regions';
import type { LocalConfiguration } from '../config/index.ts';
import { addressesOf } from './addresses.ts';
import { HUB } from './programs.ts';

export interface Running {
  readonly configuration: LocalConfiguration;
  readonly data: string;
  readonly connectionStrings: string;
  readonly agentAddress: string;
  /** The file with the auth key of the SORACOM API. */
  readonly soracomEnvironment: string;
}

const ROLLOUT = ['rollout', 'a bad image goes out to the fleet, until its readings halt it; told below'] as const;

/** What a newcomer reads once everything runs. */
export function banner(running: Running): string {
  const { configuration, data, connectionStrings, agentAddress, soracomEnvironment } = running;
  const { dashboard, funnel, metadata, beam, soracomApi } = addressesOf(configuration);
  const { devices } = configuration.fleet;
  const pref = regionOf(resolveRegion(configuration.agent.pref)!);
  const rows: readonly (readonly [string, string])[] = [
    ['cloud', `worker, API and dashboard; store in ${data}`],
    ['Event Hubs', `127.0.0.1:${configuration.eventHubs.port}, hub ${HUB}; connection strings in ${connectionStrings}`],
    ['Funnel', `HTTP ${funnel}, TCP and UDP 127.0.0.1:${configuration.funnel.port}${faultsOf(configuration)}`],
    ['metadata', `${metadata}/v1/subscriber`],
    ['Beam', `${beam}/v1/receipts?stream=…, signed for the SIM that asks`],
    ['SORACOM API', `${soracomApi}/v1; address and auth key in ${soracomEnvironment}`],
    ['agent', `reads this machine; SIM ${agentAddress}, ${pref.ja} (${pref.en})`],
    ['fleet', devices === 0 ? 'none' : `${devices} simulated devices over the 47 prefectures`],
    ...(configuration.rollout === 'demo' ? [ROLLOUT] : []),
  ];
  return [
    '',
    `Tashika is running: ${dashboard}`,
    '',
    ...rows.map(([name, what]) => `  ${name.padEnd(11)} ${what}`),
    '',
    'Send a message of your own:',
    `  curl -d '{"pref":"東京都"}' -H 'content-type: application/json' ${funnel}`,
    '',
    `Logs: ${data}/logs. Ctrl-C stops everything; what was counted is kept.`,
    '',
  ].join('\n');
}

function faultsOf({ funnel }: LocalConfiguration): string {
  const told = (['lose', 'delay', 'double', 'reorder', 'refuse'] as const)
    .filter((fault) => funnel[fault] > 0)
    .map((fault) => `${fault} ${funnel[fault] * 100}%`);
  return told.length === 0 ? '' : `; misbehaves: ${told.join(', ')}`;
}

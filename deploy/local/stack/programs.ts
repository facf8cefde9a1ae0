import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LocalConfiguration } from '../config/index.ts';
import { addressesOf } from './addresses.ts';

/** The checkout; compiled code lies one folder deeper than its source. */
export const CHECKOUT = fileURLToPath(
  new URL(import.meta.url.endsWith('.js') ? '../../../../' : '../../../', import.meta.url),
);

export const HUB = 'telemetry';
const PARTITIONS = 4;

/** The real agent's SIM, beyond the addresses of any fleet. */
export const AGENT_ADDRESS = '127.1.255.1';

/** How a program is run. */
export interface Program {
  readonly name: string;
  readonly script: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export function eventHubsProgram({ eventHubs }: LocalConfiguration, data: string): Program {
  return {
    name: 'event-hubs',
    script: join(CHECKOUT, 'deploy/dist/local/event-hubs/main.js'),
    args: [
      ...['--port', String(eventHubs.port)],
      ...['--data', join(data, 'event-hubs')],
      ...['--hub', `${HUB}:${PARTITIONS}`],
    ],
    env: {},
  };
}

/** What the cloud program is let in with, and lets others in by. */
export interface CloudSecrets {
  /** The Listen-only connection string. */
  readonly listen: string;
  /** What Beam signs with. */
  readonly preSharedKey: string;
}

/** @param beside what it is told too */
export function cloudProgram(
  { api }: LocalConfiguration,
  data: string,
  { listen, preSharedKey }: CloudSecrets,
  env: Readonly<Record<string, string | undefined>>,
  beside: Readonly<Record<string, string>> = {},
): Program {
  return {
    name: 'cloud',
    script: join(CHECKOUT, 'cloud/dist/main.js'),
    args: ['all'],
    env: {
      TASHIKA_CLOUD_EVENT_HUBS_CONNECTION_STRING: listen,
      TASHIKA_CLOUD_EVENT_HUBS_HUB: HUB,
      // The positions belong to the data directory, whichever port the stand-in is moved to.
      TASHIKA_CLOUD_EVENT_HUBS_NAMESPACE: 'local',
      TASHIKA_CLOUD_STORE_URL: env.TASHIKA_CLOUD_STORE_URL || `pglite:${join(data, 'store')}`,
      TASHIKA_CLOUD_FLEET_BUNDLES: env.TASHIKA_CLOUD_FLEET_BUNDLES || `folder:${join(data, 'bundles')}`,
      TASHIKA_CLOUD_BEAM_PRE_SHARED_KEY: preSharedKey,
      TASHIKA_CLOUD_API_HOST: '127.0.0.1',
      TASHIKA_CLOUD_API_PORT: String(api.port),
      TASHIKA_CLOUD_API_WEB_DIRECTORY: join(CHECKOUT, 'cloud/dist/web'),
      ...beside,
    },
  };
}

/** @param localAddress the agent's SIM; undefined where the system has only 127.0.0.1 */
export function agentProgram(
  configuration: LocalConfiguration,
  data: string,
  localAddress: string | undefined,
): Program {
  const { funnel, metadata, beam } = addressesOf(configuration);
  return {
    name: 'agent',
    script: join(CHECKOUT, 'edge/dist/main.js'),
    args: ['run'],
    env: {
      TASHIKA_EDGE_DATA_DIRECTORY: join(data, 'agent'),
      TASHIKA_EDGE_METADATA_URL: metadata,
      TASHIKA_EDGE_UPLINK_URL: funnel,
      TASHIKA_EDGE_RECEIPTS_URL: beam,
      ...(localAddress === undefined ? {} : { TASHIKA_EDGE_UPLINK_LOCAL_ADDRESS: localAddress }),
    },
  };
}

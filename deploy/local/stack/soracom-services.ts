import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { messageOf } from '@tashika/shared/errors';
import { regionOf, resolveRegion } from '@tashika/shared/regions';
import type { Clock } from '@tashika/shared/time';
import { type Beam, startBeam } from '../beam/index.ts';
import type { LocalConfiguration } from '../config/index.ts';
import { regionsByAddress } from '../fleet/index.ts';
import { type Funnel, startFunnel } from '../funnel/index.ts';
import { type Metadata, startMetadata } from '../metadata/index.ts';
import { type Sim, simOf } from '../sims/index.ts';
import {
  type Account,
  beamKeyOf,
  funnelGroupOf,
  metadataTagsOf,
  type SoracomApi,
  sharedAccessKeyOf,
  startSoracomApi,
  tellDeliveryError,
  userDataOf,
} from '../soracom-api/index.ts';
import { addressesOf } from './addresses.ts';
import { CHECKOUT } from './programs.ts';
import { type FirstSecrets, firstSettings, joining, simsOf } from './soracom-account.ts';

/** What SORACOM's stand-ins are started with. */
export interface Surroundings {
  readonly configuration: LocalConfiguration;
  readonly clock: Clock;
  readonly tell: (line: string) => void;
}

/** Starts the API, whose account the other stand-ins go by. The fleet's SIMs and the agent's are in it. */
export function startAccount(
  { configuration, clock, tell }: Surroundings,
  dataDirectory: string,
  agentAddress: string,
  secrets: FirstSecrets,
): Promise<SoracomApi> {
  const { fleet, soracomApi, agent } = configuration;
  const regions = new Map<string, string>(regionsByAddress(fleet.devices));
  regions.set(agentAddress, regionOf(resolveRegion(agent.pref)!).code);
  return startSoracomApi({
    port: soracomApi.port,
    dataDirectory,
    settings: firstSettings(secrets, addressesOf(configuration).dashboard, clock.now()),
    sims: simsOf(new Map<Sim, string>([...regions].map(([address, pref]) => [simOf(address)!, pref]))),
    clock,
    onFault: (error) => tell(`The SORACOM API stand-in failed: ${messageOf(error)}`),
  });
}

export function startMetadataFor(
  account: Account,
  { configuration: { metadata }, clock }: Surroundings,
): Promise<Metadata> {
  const { port, userDataFile } = metadata;
  return startMetadata({
    port,
    tagsOf: (sim) => metadataTagsOf(account, joining(account, sim)),
    groupIdOf: (sim) => account.groupOf(sim)?.groupId,
    userData: (sim) => (userDataFile === undefined ? userDataOf(account, sim) : contentsOf(userDataFile)),
    clock,
  });
}

export function startBeamFor(account: Account, { configuration, clock }: Surroundings): Promise<Beam> {
  return startBeam({
    port: configuration.beam.port,
    destination: addressesOf(configuration).dashboard,
    preSharedKey: (sim) => beamKeyOf(account, joining(account, sim), clock),
    clock,
  });
}

/** @param connectionString of Event Hubs; the account has what events are signed with */
export function startFunnelFor(
  account: Account,
  { configuration, clock, tell }: Surroundings,
  connectionString: string,
  onTaken: (sim: Sim) => void,
): Promise<Funnel> {
  const { lose, delay, double, reorder, refuse, httpPort, port } = configuration.funnel;
  return startFunnel({
    connectionString,
    groupOf: (sim) => funnelGroupOf(account, joining(account, sim)),
    credentialOf: (credentialsId) => sharedAccessKeyOf(account, credentialsId, clock),
    httpPort,
    port,
    seed: configuration.fleet.seed,
    faults: { lose, delay, double, reorder, refuse },
    clock,
    onTaken,
    onTrouble: (reason) =>
      tell(reason === undefined ? 'Funnel reaches Event Hubs again.' : `Funnel holds posts: ${reason}`),
    onDeliveryError: (error) => tellDeliveryError(account, error, clock),
  });
}

/** A relative path is taken from the checkout, as that of the data directory is. */
function contentsOf(file: string): string | undefined {
  try {
    return readFileSync(resolve(CHECKOUT, file), 'utf8');
  } catch {
    return undefined;
  }
}

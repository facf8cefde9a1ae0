import type { Clock } from '@tashika/shared/time';
import type { DeliveryError, FunnelGroup, SharedAccessKey } from '../funnel/index.ts';
import type { Sim } from '../sims/index.ts';
import type { Account, AirValues, BeamValues, FunnelValues } from './account/index.ts';

/** What Funnel sends a SIM's posts with; undefined for a SIM in no group. */
export function funnelGroupOf(account: Account, sim: Sim): FunnelGroup | undefined {
  const group = account.groupOf(sim);
  if (!group) return undefined;
  const values = (group.configuration.SoracomFunnel ?? {}) as FunnelValues;
  return {
    enabled: values.enabled ?? false,
    contentType: values.contentType ?? 'unspecified',
    resourceUrl: values.destination?.resourceUrl ?? '',
    payloadsOnly: values.destination?.payloadsOnly ?? false,
    credentialsId: values.credentialsId ?? '',
    addSimId: values.addSimId ?? false,
  };
}

/** The shared access policy and key of a credential; undefined where there is none of that id and kind. */
export function sharedAccessKeyOf(account: Account, credentialsId: string, clock: Clock): SharedAccessKey | undefined {
  const credential = account.use(credentialsId, clock.now());
  if (credential?.type !== 'azure-credentials') return undefined;
  const { policyName, key } = credential.credentials;
  return { policyName: policyName!, key: key! };
}

/** Writes down that a post did not reach its hub. What the real service's entries hold is not documented. */
export function tellDeliveryError(account: Account, { sim, group, reason }: DeliveryError, clock: Clock): void {
  const { credentialsId, resourceUrl } = group;
  const body = { message: reason, destination: resourceUrl, credentialsId };
  account.logs.add({ time: clock.now(), service: 'Funnel', imsi: sim.imsi, body });
}

/** The tags that a SIM's metadata show; undefined where its group has the metadata service switched off. */
export function metadataTagsOf(account: Account, sim: Sim): Readonly<Record<string, string>> | undefined {
  return airOf(account, sim).metadata?.enabled ? account.settingsOf(sim)?.tags : undefined;
}

/** The user data of a SIM's group; undefined where it has none. */
export function userDataOf(account: Account, sim: Sim): string | undefined {
  return airOf(account, sim).userdata;
}

/** What Beam's website entry point signs a SIM's requests with; undefined where its group has no such entry point. */
export function beamKeyOf(account: Account, sim: Sim, clock: Clock): string | undefined {
  const values = (account.groupOf(sim)?.configuration.SoracomBeam ?? {}) as BeamValues;
  const entry = Object.entries(values).find(([point, { enabled }]) => enabled && WEBSITE_ENTRY.test(point))?.[1];
  if (!entry?.addSignature || entry.psk === undefined) return undefined;
  if (typeof entry.psk === 'string') return entry.psk;
  const credential = account.use(entry.psk.$credentialsId, clock.now());
  return credential?.type === 'psk' ? credential.credentials.key : undefined;
}

/** The HTTP entry point (port 8888) forwards one path and drops the query, so receipts can't be asked for there. */
const WEBSITE_ENTRY = /^http:\/\/beam\.soracom\.io(:18080|:80)?\/?$/;

function airOf(account: Account, sim: Sim): AirValues {
  return (account.groupOf(sim)?.configuration.SoracomAir ?? {}) as AirValues;
}

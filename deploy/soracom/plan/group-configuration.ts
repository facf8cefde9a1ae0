import type { WantedEntryPoint, WantedFunnel, WantedGroup } from '../declaration/index.ts';
import type { Values } from './action.ts';

/** What a file says of a group, as SORACOM's API has it: by namespace, null for one that is to be cleared. */
export interface WantedConfiguration {
  readonly SoracomFunnel?: Values | null;
  readonly SoracomBeam?: Values | null;
  /** Other keys of `SoracomAir` are left alone; null for a key that is to go. */
  readonly SoracomAir?: Values;
}

/** Translates a group of the files. Field names are those of SORACOM's user documentation. */
export function wantedConfiguration({ funnel, beam, metadata, userData }: WantedGroup): WantedConfiguration {
  const air: Record<string, unknown> = {};
  if (metadata !== undefined)
    air.metadata = metadata && { enabled: metadata.enabled, readonly: metadata.readonly ?? true };
  if (userData !== undefined) air.userdata = userData && JSON.stringify(userData);
  return {
    ...(funnel === undefined ? {} : { SoracomFunnel: funnel && funnelValues(funnel) }),
    ...(beam === undefined
      ? {}
      : {
          SoracomBeam:
            beam && Object.fromEntries(Object.entries(beam).map(([entry, settings]) => [entry, entryValues(settings)])),
        }),
    ...(Object.keys(air).length === 0 ? {} : { SoracomAir: air }),
  };
}

function funnelValues({
  enabled = true,
  destination,
  credential,
  contentType = 'json',
  payloadsOnly = false,
  addSimId = false,
}: WantedFunnel): Values {
  return {
    enabled,
    credentialsId: credential,
    contentType,
    addSimId,
    destination: { provider: 'azure', service: 'eventhubs', resourceUrl: destination, payloadsOnly },
  };
}

function entryValues({ name, enabled = true, destination, headers = {}, preSharedKey }: WantedEntryPoint): Values {
  const { imsi = false, imei = false, simId = false, msisdn = false, signature = false } = headers;
  return {
    ...(name === undefined ? {} : { name }),
    ...{ enabled, destination },
    ...{ addSubscriberHeader: imsi, addEquipmentHeader: imei, addSimIdHeader: simId, addMsisdnHeader: msisdn },
    addSignature: signature,
    ...(preSharedKey === undefined ? {} : { psk: { $credentialsId: preSharedKey.credential } }),
  };
}

/** Lays wanted values over what is there: objects field by field, anything else as a whole. */
export function laidOver(actual: unknown, wanted: unknown): unknown {
  if (!isObject(wanted)) return wanted;
  const under = isObject(actual) ? actual : {};
  return {
    ...under,
    ...Object.fromEntries(Object.entries(wanted).map(([key, value]) => [key, laidOver(under[key], value)])),
  };
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

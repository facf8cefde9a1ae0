import { judge } from '@tashika/edge/provisioning';
import type { Account, ActualGroup } from '../account/index.ts';
import { clearSecretsIn, fileSchema, MARK_TAG, problemsIn, type WantedGroup } from '../declaration/index.ts';

/** A group as a file says it, and what is left out. */
export interface ImportedGroup {
  readonly group: WantedGroup;
  readonly notes: readonly string[];
}

type Shown = Readonly<Record<string, unknown>>;

/** Translates back. A part that a file can't say in full is left out with a note, and so left alone. */
export function groupOf({ tags, configuration }: ActualGroup, account: Account): ImportedGroup {
  const notes: string[] = [];
  const parts: [keyof WantedGroup, unknown, string][] = [
    ['tags', tagsOf(tags), 'its tags'],
    ['funnel', funnelOf(configuration.SoracomFunnel, account), "Funnel's settings"],
    ['beam', beamOf(configuration.SoracomBeam, account), "Beam's settings"],
    ['metadata', metadataOf(configuration.SoracomAir?.metadata), "the metadata service's settings"],
    ['userData', userDataOf(configuration.SoracomAir?.userdata), 'its user data'],
  ];
  const group: Record<string, unknown> = {};
  for (const [part, value, what] of parts) {
    if (value === undefined) continue;
    if (value === UNSAYABLE || !fits(part, value)) notes.push(`${what} are left out: a file can't say them`);
    else group[part] = value;
  }
  for (const [entry, settings] of Object.entries(configuration.SoracomBeam ?? {}))
    if (typeof (settings as Shown | null)?.psk === 'string')
      notes.push(
        `Beam's entry point ${entry} has its key in clear in the group: store it as a credential and name it in preSharedKey`,
      );
  return { group: group as WantedGroup, notes };
}

/** What is there, and no file can say. */
const UNSAYABLE = Symbol('unsayable');

function fits(part: keyof WantedGroup, value: unknown): boolean {
  const file = { groups: { group: { [part]: value } } };
  return problemsIn(fileSchema, file, () => true).length === 0 && clearSecretsIn(file).length === 0;
}

function tagsOf(tags: ActualGroup['tags']): unknown {
  const kept = Object.entries(tags).filter(([name]) => name !== 'name' && name !== MARK_TAG);
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

function funnelOf(values: Shown | undefined, account: Account): unknown {
  if (!values) return undefined;
  const { enabled, credentialsId, contentType, addSimId, destination } = values;
  const { provider, service, resourceUrl, payloadsOnly } = (destination ?? {}) as Shown;
  if (provider !== 'azure' || service !== 'eventhubs' || contentType === undefined) return UNSAYABLE;
  if (typeof credentialsId !== 'string' || account.credentials[credentialsId]?.type !== 'azure-credentials')
    return UNSAYABLE;
  return {
    enabled: enabled === true,
    destination: resourceUrl,
    credential: credentialsId,
    contentType,
    payloadsOnly: payloadsOnly === true,
    addSimId: addSimId === true,
  };
}

function beamOf(values: Shown | undefined, account: Account): unknown {
  if (!values) return undefined;
  const entries = Object.entries(values).map(
    ([entry, settings]) => [entry, entryPointOf((settings ?? {}) as Shown, account)] as const,
  );
  return entries.some(([, settings]) => settings === UNSAYABLE) ? UNSAYABLE : Object.fromEntries(entries);
}

function entryPointOf(values: Shown, account: Account): unknown {
  const { name, enabled, destination, psk } = values;
  const [imsi, imei] = [values.addSubscriberHeader === true, values.addEquipmentHeader === true];
  const signature = values.addSignature === true;
  const headers = {
    imsi,
    imei,
    simId: values.addSimIdHeader === true,
    msisdn: values.addMsisdnHeader === true,
    signature,
  };
  if (signature && ((!imsi && !imei) || psk === undefined)) return UNSAYABLE;
  const credential = (psk as { $credentialsId?: unknown } | undefined)?.$credentialsId;
  if (credential !== undefined && account.credentials[String(credential)]?.type !== 'psk') return UNSAYABLE;
  return {
    ...(name === undefined ? {} : { name }),
    ...{ enabled: enabled === true, destination, headers },
    ...(credential === undefined ? {} : { preSharedKey: { credential } }),
  };
}

function metadataOf(values: unknown): unknown {
  if (values === undefined) return undefined;
  const { enabled, readonly } = (values ?? {}) as Shown;
  return { enabled: enabled === true, readonly: readonly === true };
}

function userDataOf(text: unknown): unknown {
  if (text === undefined) return undefined;
  return typeof text === 'string' && judge(text, { file: {}, env: {} }).ok ? JSON.parse(text) : UNSAYABLE;
}

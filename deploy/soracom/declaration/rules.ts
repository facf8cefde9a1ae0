import { judge } from '@tashika/edge/provisioning';
import { resolveRegion } from '@tashika/shared/regions';
import { nameOf } from './check.ts';
import { type Declaration, type DeclaredCredential, type DeclaredSim, MARK_TAG } from './declaration.ts';
import { isReference } from './reference.ts';
import type { WantedEntryPoint, WantedFunnel, WantedGroup } from './schema.ts';

/** What SORACOM's types of credentials hold, and which of it is no secret. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  'azure-credentials': ['policyName', 'key'],
  psk: ['key'],
};
export const PLAIN_FIELDS: readonly string[] = ['policyName'];

/** Rules between places that the schema can't say; each sentence is a problem. */
export function declarationProblems(declaration: Declaration): readonly string[] {
  const { credentials, groups, sims } = declaration;
  return [
    ...Object.entries(credentials).flatMap(([id, credential]) => credentialProblems(id, credential)),
    ...Object.entries(groups).flatMap(([name, group]) => groupProblems(name, group, credentials)),
    ...sims.flatMap((sim) => simProblems(sim, groups)),
    ...doubledSims(sims),
  ];
}

function credentialProblems(id: string, { type, fields }: DeclaredCredential): readonly string[] {
  if (fields === undefined) return [];
  const at = nameOf(['credentials', id, 'fields']);
  const known = FIELDS[type];
  const named = Object.keys(fields);
  return [
    ...(known ?? [])
      .filter((field) => !named.includes(field))
      .map((field) => `${at}.${field} is missing: ${type} holds ${known!.join(' and ')}.`),
    ...(known
      ? named
          .filter((field) => !known.includes(field))
          .map((field) => `${at}.${field} is unknown: ${type} holds ${known.join(' and ')}.`)
      : []),
    ...Object.entries(fields)
      .filter(([field, value]) => !PLAIN_FIELDS.includes(field) && !isReference(value))
      .map(
        ([field]) =>
          `${at}.${field} must be a reference, {"vault":"MOUNT/NAME#FIELD"} or {"env":"NAME"}: no secret stands in a file. Found text that is not shown; if it was a secret, change it.`,
      ),
  ];
}

function groupProblems(
  name: string,
  { tags, funnel, beam, userData }: WantedGroup,
  credentials: Declaration['credentials'],
): readonly string[] {
  const at = (...path: string[]) => nameOf(['groups', name, ...path]);
  return [
    ...Object.keys(tags ?? {})
      .filter((tag) => tag === 'name' || tag === MARK_TAG)
      .map(
        (tag) =>
          `${at('tags', tag)} can't be set: ${tag === 'name' ? 'the name is the key of the group' : 'it is the mark of what is made from these files'}.`,
      ),
    ...(funnel ? funnelProblems(at('funnel'), funnel, credentials) : []),
    ...Object.entries(beam ?? {}).flatMap(([entry, settings]) =>
      entryPointProblems(at('beam', entry), settings, credentials),
    ),
    ...(userData ? userDataProblems(at('userData'), userData) : []),
  ];
}

function funnelProblems(at: string, { credential }: WantedFunnel, credentials: Declaration['credentials']) {
  return typeProblems(`${at}.credential`, credential, 'azure-credentials', credentials);
}

function entryPointProblems(at: string, settings: WantedEntryPoint, credentials: Declaration['credentials']) {
  const { headers = {}, preSharedKey } = settings;
  return [
    ...(headers.signature && !headers.imsi && !headers.imei
      ? [`${at}.headers.signature needs the header imsi or imei: they are what is signed.`]
      : []),
    ...(preSharedKey ? typeProblems(`${at}.preSharedKey.credential`, preSharedKey.credential, 'psk', credentials) : []),
  ];
}

function typeProblems(
  at: string,
  id: string,
  type: string,
  credentials: Declaration['credentials'],
): readonly string[] {
  const credential = Object.hasOwn(credentials, id) ? credentials[id] : undefined;
  if (!credential)
    return [
      `${at} must name an entry of credentials, found ${JSON.stringify(id)}. One that is in the account already needs its type alone there.`,
    ];
  return credential.type === type ? [] : [`${at} must name a credential of type ${type}; ${id} is ${credential.type}.`];
}

/** What the agent would refuse must not reach ten thousand of them. */
function userDataProblems(at: string, userData: object): readonly string[] {
  const judgement = judge(JSON.stringify(userData), { file: {}, env: {} });
  return judgement.ok ? [] : [`${at} would be refused by the agent: ${judgement.reason}`];
}

function simProblems(sim: DeclaredSim, groups: Declaration['groups']): readonly string[] {
  const { origin, imsi, simId, group, tags = {} } = sim;
  const pref = tags.pref;
  return [
    ...((imsi === undefined) === (simId === undefined) ? [`${origin} must have imsi or simId, one of them.`] : []),
    ...(typeof group === 'string' && !Object.hasOwn(groups, group)
      ? [`${origin}: group must be one of these files' groups, found ${JSON.stringify(group)}.`]
      : []),
    ...(typeof pref === 'string' && resolveRegion(pref) === undefined
      ? [
          `${origin}: the tag pref must name one of the 47 prefectures, such as "13" or "東京都", found ${JSON.stringify(pref)}.`,
        ]
      : []),
    ...(Object.hasOwn(tags, MARK_TAG)
      ? [`${origin}: the tag ${MARK_TAG} is the mark of what these files have changed, and can't be set.`]
      : []),
  ];
}

function doubledSims(sims: readonly DeclaredSim[]): readonly string[] {
  const first = new Map<string, string>();
  return sims.flatMap(({ origin, imsi, simId }) => {
    const id = imsi ?? simId;
    if (id === undefined) return [];
    const before = first.get(id);
    if (before === undefined) first.set(id, origin);
    return before === undefined ? [] : [`${origin}: SIM ${id} stands already at ${before}.`];
  });
}

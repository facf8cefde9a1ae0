import { fingerprintOf } from '@tashika/shared/fingerprint';
import fc from 'fast-check';
import type { Account, ActualGroup, ActualSim } from '../account/index.ts';
import type { Declaration, DeclaredCredential, DeclaredSim, WantedGroup } from '../declaration/index.ts';
import type { Resolved } from '../plan/index.ts';

/** Few names, so that what is wanted and what is there meet often. */
const CREDENTIALS = ['send', 'beam', 'old', 'other'];
const GROUPS = ['fleet', 'canary', 'workshop'];
const SIMS = Array.from({ length: 6 }, (_, index) => String(index));
const ENTRIES = ['http://beam.soracom.io:18080', 'http://beam.soracom.io:8888/receipts'];
/** What stands in clear in an account, and must be seen nowhere. */
export const CLEAR_KEY = 'a-pre-shared-key-in-clear';

const OPERATOR = 'OP0012345678';
const MARK = 'tashika';

const tag = fc.constantFrom('pref', 'name2', 'owner');
const pref = fc.constantFrom('13', '27', '01');
const tags = fc.dictionary(tag, pref, { maxKeys: 2 });
const marked = fc.oneof(fc.constant({}), fc.constant({ managedBy: MARK }), fc.constant({ managedBy: 'someone' }));
const userData = fc.constantFrom(
  '{"log":{"level":"warn"}}',
  ' { "log": {"level":"info"}, "region":"13" }',
  'hello',
  undefined,
);
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const some = <T>(of: readonly T[]) => fc.subarray([...of]);

const fingerprints = fc.constantFrom('one', 'two').map(fingerprintOf);

const actualCredential = fc.record({
  type: fc.constantFrom('azure-credentials', 'psk'),
  description: fc.oneof(
    fc.constantFrom('', 'made by hand'),
    fc
      .tuple(fc.constantFrom('', 'Send key '), fc.constantFrom(MARK, 'someone'), fingerprints)
      .map(([text, mark, fingerprint]) => `${text}[${mark} policyName=send ${fingerprint}]`),
  ),
});

const actualEntry = fc.record(
  {
    enabled: fc.boolean(),
    destination: fc.constantFrom('https://cloud.example', 'https://elsewhere.example/x'),
    addSubscriberHeader: fc.boolean(),
    addSignature: fc.boolean(),
    psk: fc.oneof(
      fc.constant(CLEAR_KEY),
      fc.constantFrom(...CREDENTIALS).map(($credentialsId) => ({ $credentialsId })),
    ),
    customHeaders: fc.constant({ 'X-A': { action: 'append', headerKey: 'X-A', headerValue: 'b' } }),
  },
  { requiredKeys: ['enabled', 'destination'] },
);

const actualConfiguration = fc.record(
  {
    SoracomFunnel: fc.record({
      enabled: fc.boolean(),
      credentialsId: fc.constantFrom(...CREDENTIALS),
      contentType: fc.constantFrom('json', 'text'),
      destination: fc.record({
        provider: fc.constantFrom('azure', 'aws'),
        service: fc.constant('eventhubs'),
        resourceUrl: fc.constantFrom(
          'https://a.servicebus.windows.net/h/messages',
          'https://b.servicebus.windows.net/h/messages',
        ),
      }),
    }),
    SoracomBeam: fc.dictionary(fc.constantFrom(...ENTRIES), actualEntry, { minKeys: 1, maxKeys: 2 }),
    SoracomAir: fc
      .record({ useCustomDns: fc.constant(true), metadata: fc.record({ enabled: fc.boolean() }), userdata: userData })
      .map(({ userdata, ...air }) => (userdata === undefined ? air : { ...air, userdata })),
    SoracomHarvest: fc.constant({ enabled: true }),
  },
  { requiredKeys: [] },
);

const actualGroups = fc.uniqueArray(fc.constantFrom(...GROUPS, 'stranger'), { maxLength: 4 }).chain((names) =>
  fc.tuple(
    ...names.map((name) =>
      fc.record({ tags, marked, configuration: actualConfiguration }).map(
        ({ tags: own, marked: mark, configuration }): ActualGroup => ({
          groupId: `id-of-${name}`,
          tags: { ...own, ...mark, name },
          configuration: configuration as ActualGroup['configuration'],
        }),
      ),
    ),
  ),
);

const imsiOf = (sim: string) => `29500000000000${sim}`;
const simIdOf = (sim: string) => `898100000000000000${sim}`;

const actualSim = (sim: string) =>
  fc.record({ group: fc.constantFrom(...GROUPS, 'stranger', 'deleted', undefined), tags, marked }).map(
    ({ group, tags: own, marked: mark }): ActualSim => ({
      simId: simIdOf(sim),
      imsis: [imsiOf(sim)],
      tags: { ...own, ...mark },
      ...(group === undefined ? {} : { groupId: `id-of-${group}` }),
    }),
  );

/** Any account. */
export const anyAccount: fc.Arbitrary<Account> = fc
  .record({
    credentials: fc.dictionary(fc.constantFrom(...CREDENTIALS), actualCredential),
    groups: actualGroups,
    sims: fc.tuple(...SIMS.map(actualSim)),
  })
  .map((account) => ({ operatorId: OPERATOR, ...account, credentials: { ...account.credentials } }));

const wantedTags = optional(fc.dictionary(tag, fc.oneof(pref, fc.constant(null)), { maxKeys: 2 }));

const entryPoint = fc.record(
  {
    enabled: fc.boolean(),
    destination: fc.constantFrom('https://cloud.example', 'https://elsewhere.example/x'),
    headers: fc.record({ imsi: fc.constant(true), imei: fc.boolean(), signature: fc.boolean() }),
    preSharedKey: fc.constant({ credential: 'beam' }),
  },
  { requiredKeys: ['destination', 'preSharedKey'] },
);

const wantedGroup = fc.record(
  {
    tags: fc.dictionary(tag, fc.oneof(pref, fc.constant(null)), { maxKeys: 2 }),
    funnel: fc.oneof(
      fc.constant(null),
      fc.record(
        {
          destination: fc.constantFrom(
            'https://a.servicebus.windows.net/h/messages',
            'https://c.servicebus.windows.net/h/messages',
          ),
          credential: fc.constant('send'),
          enabled: fc.boolean(),
        },
        { requiredKeys: ['destination', 'credential'] },
      ),
    ),
    beam: fc.oneof(fc.constant(null), fc.dictionary(fc.constantFrom(...ENTRIES), entryPoint, { maxKeys: 2 })),
    metadata: fc.oneof(fc.constant(null), fc.record({ enabled: fc.boolean(), readonly: fc.boolean() })),
    userData: fc.constantFrom(null, { log: { level: 'warn' } }, { log: { level: 'error' }, region: '27' }),
  },
  { requiredKeys: [] },
);

const wantedCredentials = fc.record({
  send: optional(fc.constantFrom('one', 'two')),
  beam: optional(fc.constantFrom('one', 'two')),
  text: fc.boolean(),
});

export interface Wanted {
  readonly declaration: Declaration;
  /** What its references come to. */
  readonly resolved: Resolved;
  /** What they refer to. */
  readonly env: Readonly<Record<string, string>>;
}

/** Any declaration that can be carried out on an account with these SIMs. */
export const anyDeclaration: fc.Arbitrary<Wanted> = fc
  .record({
    keys: wantedCredentials,
    groups: fc.dictionary(fc.constantFrom(...GROUPS), wantedGroup),
    sims: some(SIMS),
    tags: fc.tuple(...SIMS.map(() => wantedTags)),
    memberships: fc.tuple(...SIMS.map(() => fc.constantFrom(...GROUPS, null, undefined))),
  })
  .map(({ keys, groups, sims, tags: ofSims, memberships }) => {
    const credentials: Record<string, DeclaredCredential> = {};
    const resolved: Record<string, Resolved[string]> = {};
    const env: Record<string, string> = {};
    for (const [id, type] of [
      ['send', 'azure-credentials'],
      ['beam', 'psk'],
    ] as const) {
      const key = keys[id] ?? 'one';
      const plain = type === 'psk' ? {} : { policyName: 'send' };
      credentials[id] = {
        type,
        ...(keys.text ? { description: 'From files' } : {}),
        fields: { ...plain, key: { env: `KEY_${id}` } },
      };
      env[`KEY_${id}`] = key;
      resolved[id] = { fingerprint: fingerprintOf(key), plain };
    }
    const declared = sims.map((sim): DeclaredSim => {
      const [group, own] = [memberships[Number(sim)], ofSims[Number(sim)]];
      return {
        origin: `sims[${sim}]`,
        imsi: imsiOf(sim),
        ...(group === undefined || (group !== null && !Object.hasOwn(groups, group)) ? {} : { group }),
        ...(own === undefined ? {} : { tags: own }),
      };
    });
    const declaration: Declaration = {
      ...{ operatorId: OPERATOR, coverage: 'jp', mark: MARK, requireApproval: false },
      ...{ credentials, groups: { ...groups } as Record<string, WantedGroup>, sims: declared },
    };
    return { declaration, resolved, env };
  });

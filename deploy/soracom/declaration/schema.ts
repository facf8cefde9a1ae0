import Type, { type Static } from 'typebox';
import { ENV_REFERENCE, VAULT_REFERENCE } from './reference.ts';

const closed = { additionalProperties: false } as const;
const text = (description: string, rules: object = {}) => Type.String({ description, maxLength: 1_000, ...rules });
const tags = Type.Record(
  Type.String({ pattern: '^.{1,255}$' }),
  Type.Union([Type.String({ maxLength: 255 }), Type.Null()]),
  { description: 'Tags; null for one that must not be there. Tags that are not named are left alone.' },
);

export const referenceSchema = Type.Union(
  [
    Type.Object({ vault: Type.String({ pattern: VAULT_REFERENCE }) }, closed),
    Type.Object({ env: Type.String({ pattern: ENV_REFERENCE }) }, closed),
  ],
  { description: 'a reference, {"vault":"MOUNT/NAME#FIELD"} or {"env":"NAME"}' },
);

const account = Type.Object(
  {
    operatorId: text('The operator (account) that these files are for.', { pattern: '^OP[0-9]{10}$' }),
    coverage: Type.Union([Type.Literal('jp'), Type.Literal('g')], {
      description: "Japan's platform or the global one.",
    }),
    mark: Type.Optional(
      text('What is made from these files bears it, and only what bears it is ever deleted. Standard: `tashika`.', {
        pattern: '^[A-Za-z0-9-]{1,40}$',
      }),
    ),
    requireApproval: Type.Optional(
      Type.Boolean({ description: 'Only a plan that was saved and approved is applied. Standard: false.' }),
    ),
  },
  closed,
);

const credential = Type.Object(
  {
    type: text("SORACOM's type, such as `azure-credentials` or `psk`.", { pattern: '^[A-Za-z0-9-]+$' }),
    description: Type.Optional(
      text('For people. Mark and fingerprint are put behind it.', { pattern: '^[^\\[\\]]*$' }),
    ),
    fields: Type.Optional(
      Type.Record(
        Type.String({ pattern: '^[A-Za-z_]+$' }),
        Type.Union([Type.String({ minLength: 1, maxLength: 200 }), referenceSchema]),
        { description: 'What is stored. Left out, the credential must be there, and what it holds is left alone.' },
      ),
    ),
  },
  closed,
);

const funnel = Type.Object(
  {
    enabled: Type.Optional(Type.Boolean({ description: 'Standard: true.' })),
    destination: text('The event hub, `https://NAMESPACE.servicebus.windows.net/HUB/messages`.', {
      pattern: '^https://[a-z0-9.-]+/[^/?#\\s]+/messages$',
    }),
    credential: text('The credential that Funnel signs with, by its id.', { pattern: '^\\S+$' }),
    contentType: Type.Optional(
      Type.Union(
        [
          Type.Literal('json'),
          Type.Literal('text'),
          Type.Literal('unspecified'),
          Type.Literal('binary'),
          Type.Literal('application/x-soracom-bf-v1'),
        ],
        { description: 'Standard: `json`.' },
      ),
    ),
    payloadsOnly: Type.Optional(
      Type.Boolean({
        description: 'Payloads without their envelope: neither SIM nor time reach the cloud. Standard: false.',
      }),
    ),
    addSimId: Type.Optional(Type.Boolean({ description: "The SIM's id in the envelope. Standard: false." })),
  },
  closed,
);

const header = () => Type.Optional(Type.Boolean());
const entryPoint = Type.Object(
  {
    name: Type.Optional(text('For people.')),
    enabled: Type.Optional(Type.Boolean({ description: 'Standard: true.' })),
    destination: text('Where requests are forwarded to.', { pattern: '^[a-z]+://[^\\s@]+$' }),
    headers: Type.Optional(
      Type.Object(
        { imsi: header(), imei: header(), simId: header(), msisdn: header(), signature: header() },
        { ...closed, description: 'What Beam adds; what is left out is switched off.' },
      ),
    ),
    preSharedKey: Type.Optional(
      Type.Object(
        { credential: text('A credential of type `psk`, by its id.', { pattern: '^\\S+$' }) },
        { ...closed, description: 'the key that is signed with, {"credential":"ID"}' },
      ),
    ),
  },
  closed,
);

const group = Type.Object(
  {
    tags: Type.Optional(tags),
    openMembership: Type.Optional(
      Type.Boolean({ description: 'SIMs that no file names may be in it without being told of. Standard: false.' }),
    ),
    funnel: Type.Optional(Type.Union([funnel, Type.Null()], { description: 'null switches it off and clears it.' })),
    beam: Type.Optional(
      Type.Union(
        [
          Type.Record(
            Type.String({ pattern: '^(https?|mqtt|tcp|udp)://[a-z.]+soracom\\.io(:[0-9]+)?(/\\S*)?$' }),
            entryPoint,
          ),
          Type.Null(),
        ],
        { description: "Beam's entry points by their addresses; null clears all." },
      ),
    ),
    metadata: Type.Optional(
      Type.Union(
        [
          Type.Object(
            { enabled: Type.Boolean(), readonly: Type.Optional(Type.Boolean({ description: 'Standard: true.' })) },
            closed,
          ),
          Type.Null(),
        ],
        { description: 'The metadata service, from which agents read their region and configuration.' },
      ),
    ),
    userData: Type.Optional(
      Type.Union([Type.Object({}, { additionalProperties: true }), Type.Null()], {
        description: "The agents' configuration, as in edge/CONFIGURATION.md; null takes it away.",
      }),
    ),
  },
  closed,
);

export const simSchema = Type.Object(
  {
    imsi: Type.Optional(Type.String({ pattern: '^[0-9]{14,15}$' })),
    simId: Type.Optional(Type.String({ pattern: '^[0-9A-Za-z]{10,32}$' })),
    group: Type.Optional(
      Type.Union([Type.String({ minLength: 1 }), Type.Null()], {
        description:
          'The group that it belongs to, one of these files; null for none. Left out, its group is left alone.',
      }),
    ),
    tags: Type.Optional(tags),
  },
  closed,
);

/** One declarative file. All files of a folder together are one declaration. */
export const fileSchema = Type.Object(
  {
    $schema: Type.Optional(Type.String()),
    account: Type.Optional(account),
    credentials: Type.Optional(Type.Record(Type.String({ pattern: '^[A-Za-z0-9_.-]{1,100}$' }), credential)),
    groups: Type.Optional(Type.Record(Type.String({ pattern: '^.{1,255}$' }), group)),
    sims: Type.Optional(Type.Array(simSchema)),
    simLists: Type.Optional(
      Type.Array(Type.String({ pattern: '\\.(csv|jsonl)$' }), {
        description: 'Files with one SIM a line, relative to this one.',
      }),
    ),
  },
  closed,
);

export type DeclarationFile = Static<typeof fileSchema>;
export type WantedAccount = Static<typeof account>;
export type WantedCredential = Static<typeof credential>;
export type WantedFunnel = Static<typeof funnel>;
export type WantedEntryPoint = Static<typeof entryPoint>;
export type WantedGroup = Static<typeof group>;
export type WantedSim = Static<typeof simSchema>;

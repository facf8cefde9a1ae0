import Type from 'typebox';

/**
 * The shapes that SORACOM's API takes and gives, distilled from its published description: "Soracom API", version
 * 20260604-092803, `generators/assets/soracom-api.en.yaml` in the repository soracom/soracom-cli (commit bad112d of
 * 2026-07-31). Only what is used here is kept, and it is stricter than the source: a field that is not listed is wrong.
 */
const closed = { additionalProperties: false };
const millis = Type.Integer({ minimum: 0 });

/** Every refusal has this body. */
export const errorShape = Type.Object({ code: Type.String({ minLength: 1 }), message: Type.String() }, closed);

export const authRequestShape = Type.Object(
  {
    authKeyId: Type.Optional(Type.String()),
    authKey: Type.Optional(Type.String()),
    email: Type.Optional(Type.String()),
    password: Type.Optional(Type.String()),
    userName: Type.Optional(Type.String()),
    operatorId: Type.Optional(Type.String()),
    mfaOTPCode: Type.Optional(Type.String()),
    tokenTimeoutSeconds: Type.Optional(Type.Integer({ minimum: 1, maximum: 172_800, default: 86_400 })),
  },
  closed,
);

export const authAnswerShape = Type.Object(
  { apiKey: Type.String(), token: Type.String(), operatorId: Type.String(), userName: Type.Optional(Type.String()) },
  closed,
);

/** Tags of a group or a SIM; its name is the tag `name`. */
export const tagSetShape = Type.Record(Type.String(), Type.String());

export const tagUpdatesShape = Type.Array(
  Type.Object({ tagName: Type.String({ minLength: 1 }), tagValue: Type.String() }, closed),
);

export const NAMESPACES = [
  'SoracomAir',
  'SoracomBeam',
  'SoracomEndorse',
  'SoracomFlux',
  'SoracomFunk',
  'SoracomFunnel',
  'SoracomHarvest',
  'SoracomHarvestFiles',
  'SoracomKrypton',
  'SoracomOrbit',
  'UnifiedEndpoint',
] as const;

const namespaceContent = Type.Record(Type.String(), Type.Unknown());

/** What a group is set to, by namespace. */
export const configurationShape = Type.Object(
  Object.fromEntries(NAMESPACES.map((name) => [name, Type.Optional(namespaceContent)])),
  closed,
);

export const configurationUpdatesShape = Type.Array(
  Type.Object({ key: Type.String({ minLength: 1 }), value: Type.Unknown() }, closed),
);

export const groupShape = Type.Object(
  {
    groupId: Type.String(),
    operatorId: Type.String(),
    tags: tagSetShape,
    configuration: configurationShape,
    createdTime: millis,
    lastModifiedTime: millis,
  },
  closed,
);

export const groupRequestShape = Type.Object(
  { tags: Type.Optional(tagSetShape), configuration: Type.Optional(configurationShape) },
  closed,
);

/** The types of credentials that can be made and changed; more can be listed. */
export const CREDENTIAL_TYPES = ['aws-credentials', 'azure-credentials', 'psk', 'x509'] as const;

export const credentialRequestShape = Type.Object(
  {
    type: Type.Enum([...CREDENTIAL_TYPES]),
    credentials: Type.Record(Type.String(), Type.String()),
    description: Type.Optional(Type.String()),
  },
  closed,
);

/** What is seen of a credential. The source leaves `credentials` open; nothing of it is shown here. */
export const credentialShape = Type.Object(
  {
    credentialsId: Type.String(),
    type: Type.Enum([...CREDENTIAL_TYPES]),
    description: Type.Optional(Type.String()),
    credentials: Type.Object({}, closed),
    createDateTime: millis,
    updateDateTime: millis,
    lastUsedDateTime: millis,
  },
  closed,
);

export const SIM_STATUSES = ['ready', 'active', 'inactive', 'standby', 'suspended', 'terminated'] as const;

const subscriberShape = Type.Object(
  { imsi: Type.String(), status: Type.String(), subscription: Type.String() },
  closed,
);

const profileShape = Type.Object(
  { iccid: Type.String(), primaryImsi: Type.String(), subscribers: Type.Record(Type.String(), subscriberShape) },
  closed,
);

export const simShape = Type.Object(
  {
    simId: Type.String(),
    operatorId: Type.String(),
    type: Type.Enum(['euicc', 'uicc', 'virtual']),
    moduleType: Type.String(),
    status: Type.Enum([...SIM_STATUSES]),
    speedClass: Type.String(),
    /** Left out for a SIM that is in no group. */
    groupId: Type.Optional(Type.String()),
    tags: tagSetShape,
    activeProfileId: Type.String(),
    profiles: Type.Record(Type.String(), profileShape),
    sessionStatus: Type.Object({ online: Type.Boolean(), imei: Type.String(), imsi: Type.String() }, closed),
    terminationEnabled: Type.Boolean(),
    createdTime: millis,
    lastModifiedTime: millis,
  },
  closed,
);

export const setGroupShape = Type.Object({ groupId: Type.String({ minLength: 1 }) }, closed);

export const LOG_SERVICES = ['Air', 'Beam', 'Funk', 'Funnel', 'Harvest', 'Napter', 'Orbit', 'Unified'] as const;
export const LOG_RESOURCES = ['Subscriber', 'Device', 'LoraDevice', 'SigfoxDevice'] as const;

export const logEntryShape = Type.Object(
  {
    time: millis,
    logLevel: Type.Enum(['debug', 'error', 'warning', 'info']),
    operatorId: Type.String(),
    service: Type.Enum([...LOG_SERVICES]),
    resourceType: Type.Enum([...LOG_RESOURCES]),
    resourceId: Type.String(),
    /** The source leaves it open. */
    body: Type.Record(Type.String(), Type.Unknown()),
  },
  closed,
);

/** `statusCode` stands in the source's example only. */
export const auditEntryShape = Type.Object(
  {
    apiKind: Type.String(),
    operatorId: Type.String(),
    remoteIpAddress: Type.String(),
    requestPath: Type.String(),
    requestedTimeEpochMs: millis,
    statusCode: Type.Integer(),
    userName: Type.Optional(Type.String()),
  },
  closed,
);

import Type, { type Static } from 'typebox';

const installer = (what: string, conf: string, slots: string) =>
  Type.Object(
    {
      rauc: Type.String({
        description: `RAUC's settings for ${what}. Where there is no such file, none is installed here.`,
        default: conf,
        minLength: 1,
      }),
      slots: Type.Array(Type.String({ minLength: 1 }), {
        description:
          "The program, and its first arguments, that knows which slot runs, and tries, confirms and gives up another. RAUC's custom backend is the same.",
        default: [slots],
        minItems: 1,
      }),
    },
    { description: `How ${what} is installed.` },
  );

/** The section `update` of the agent's configuration. */
export const updateSchema = Type.Object(
  {
    url: Type.Optional(
      Type.String({
        description:
          "Where `tashika-edge update` asks for images: SORACOM Beam's website entry point, `http://beam.soracom.io:18080`, or the cloud's own address with `tokenFile`. Left out, nothing is asked for.",
        pattern: '^https?://',
        says: 'an address that begins with http:// or https://',
      }),
    ),
    tenant: Type.String({
      description: "First part of the path there, as the cloud's `fleet.tenant` says.",
      default: 'tashika',
      pattern: '^[A-Za-z0-9_-]{1,64}$',
      says: 'letters, digits, _ and -',
    }),
    tokenFile: Type.Optional(
      Type.String({
        description:
          "File with this device's token, or with a whole header such as `GatewayToken …`. Not needed through Beam, which signs for the SIM.",
        minLength: 1,
      }),
    ),
    directory: Type.String({
      description: 'Where the updater keeps bundles, what it is at, and who it is. On the data partition.',
      default: '/var/lib/tashika-update',
      minLength: 1,
    }),
    proofFile: Type.String({
      description:
        'Where the agent says how it is, for the updater: that it has stored a reading, had a post answered, and what waits. It is written often, so it belongs in memory; where its directory is absent none is written, and no update can be confirmed.',
      default: '/run/tashika-edge/agent-proof.json',
      minLength: 1,
    }),
    systemImageFile: Type.String({
      description: "File of the system's image that tells its version, as JSON. Where there is none, none is told.",
      default: '/etc/tashika/image.json',
      minLength: 1,
    }),
    agent: installer('the agent', '/etc/rauc/agent.conf', '/usr/lib/tashika-image/agent-slot'),
    system: installer('the system', '/etc/rauc/system.conf', '/usr/lib/tashika-image/system-slot'),
    pollMs: Type.Integer({
      description: 'How often the server is asked until it has said how often it wants to be.',
      unit: 'ms',
      default: 300_000,
      minimum: 1_000,
      maximum: 86_400_000,
    }),
    timeoutMs: Type.Integer({
      description: 'How long one question, or one piece of a bundle, may take.',
      unit: 'ms',
      default: 60_000,
      minimum: 100,
      maximum: 600_000,
    }),
    pieceBytes: Type.Integer({
      description: 'A bundle comes in pieces of this size; between two of them readings go before it.',
      unit: 'bytes',
      default: 131_072,
      minimum: 1_024,
      maximum: 8_388_608,
    }),
    bytesPerSecond: Type.Integer({
      description: 'How fast a bundle may come at most, so that it never fills the link.',
      unit: 'bytes/s',
      default: 50_000,
      minimum: 100,
      maximum: 1_000_000_000,
    }),
    dailyShare: Type.Number({
      description:
        'How much of `uplink.dailyBytes` the updater may use; the agent reckons with what it has used. Once it is used, no bundle is downloaded that day, and the server is asked no more often than once an hour. Without that budget there is no limit.',
      default: 0.5,
      minimum: 0.01,
      maximum: 1,
    }),
    mostHeld: Type.Integer({
      description: 'While more readings than this wait for the link, no bundle is downloaded.',
      unit: 'readings',
      default: 1_000,
      minimum: 0,
      maximum: 1_000_000_000,
    }),
    freeBytes: Type.Integer({
      description: 'What a download leaves free on the disk. Below it the download waits.',
      unit: 'bytes',
      default: 134_217_728,
      minimum: 0,
      maximum: 1_099_511_627_776,
    }),
    downloadTries: Type.Integer({
      description: 'How often a download may fail in a row, without one byte more, before the update is given up.',
      default: 24,
      minimum: 1,
      maximum: 1_000,
    }),
    installMs: Type.Integer({
      description: 'How long RAUC may take for one bundle.',
      unit: 'ms',
      default: 1_800_000,
      minimum: 1_000,
      maximum: 86_400_000,
    }),
    trialMs: Type.Integer({
      description:
        'How long a new image has to store a reading and have a post answered. After it the old one comes back. It is never less than twice `uplink.batchAgeMs` plus `uplink.timeoutMs`; the timer of an image of `deploy/image` ends it after an hour in any case.',
      unit: 'ms',
      default: 900_000,
      minimum: 1_000,
      maximum: 86_400_000,
    }),
    lookMs: Type.Integer({
      description: 'How often the updater looks at an image that is on trial.',
      unit: 'ms',
      default: 10_000,
      minimum: 50,
      maximum: 600_000,
    }),
  },
  { description: 'How images reach this device: `tashika-edge update`, a process of its own.', local: true },
);

export type UpdateSettings = Static<typeof updateSchema>;

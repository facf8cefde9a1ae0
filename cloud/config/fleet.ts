import Type, { type Static } from 'typebox';

/** Readings that rollouts are steered by: in clear, or no device would ever count as updated, nor a restart against it. */
export const STEERING_READINGS = ['agent/version', 'agent/system', 'agent/starts'] as const;

/** Images, rollouts, and what devices' updaters are told. */
export const fleet = Type.Object(
  {
    bundles: Type.Optional(
      Type.String({
        minLength: 1,
        secret: true,
        description:
          'Where bundles are kept: `folder:<directory>`, or `azure-blob:<connection string or SAS address of a container>`. Without it there are no images, no rollouts, and no updater is answered.',
      }),
    ),
    keyringFile: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          'PEM file of the certificates that bundles must be signed under, the same as on the devices. Without it no image is imported.',
      }),
    ),
    tenant: Type.String({
      pattern: '^[A-Za-z0-9_-]{1,64}$',
      says: 'letters, digits, _ and -',
      description: "First part of the updaters' address: `/{tenant}/controller/v1/…`.",
      default: 'tashika',
    }),
    gatewayToken: Type.Optional(
      Type.String({
        minLength: 16,
        secret: true,
        description:
          'Token that any updater may come with (`Authorization: GatewayToken …`). Without it a device needs a token of its own, or comes through SORACOM Beam, whose signature says which SIM it is.',
      }),
    ),
    forwardedHosts: Type.Array(Type.String({ minLength: 1 }), {
      description:
        "Hosts that links to updaters may name, where a proxy says that it was asked for them (`X-Forwarded-Host`). Beam's is there.",
      default: ['beam.soracom.io:18080'],
    }),
    pollMs: Type.Integer({
      minimum: 1000,
      maximum: 86_400_000,
      unit: 'ms',
      description:
        'How often an updater asks. Each is told a time of its own around it, so that they do not come together.',
      default: 300_000,
    }),
    tickMs: Type.Integer({
      minimum: 100,
      maximum: 600_000,
      unit: 'ms',
      description: 'How often rollouts are looked at.',
      default: 5_000,
    }),
    sampleMs: Type.Integer({
      minimum: 1000,
      maximum: 3_600_000,
      unit: 'ms',
      description: "Length of a round: how often the gate looks at the ledger. A store's rounds are counted by it.",
      default: 600_000,
    }),
    samplesDays: Type.Integer({
      minimum: 1,
      maximum: 90,
      unit: 'days',
      description: 'How long rounds are kept: how far back the own past of a device goes.',
      default: 3,
    }),
    requireApproval: Type.Boolean({
      description:
        'Every rollout waits until another person than its planner has approved it, whatever its plan says. Without it a plan asks for that by its own `requireApproval`.',
      default: false,
    }),
    mostScanCvss: Type.Number({
      minimum: 0,
      maximum: 10,
      description: 'An image with a known vulnerability above this score is imported, and is not promoted to `stable`.',
      default: 8.9,
    }),
  },
  { description: 'Images for the fleet, and how they are rolled out.' },
);

export type FleetSettings = Static<typeof fleet>;

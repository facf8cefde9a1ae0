import Type, { type Static } from 'typebox';
import { coveredBy } from '../sealing/covered-by.ts';
import { MOST_WINDOWS_A_READING, WINDOW_MS, windowingOf } from '../windows/index.ts';
import { eventHubs, hubRules } from './event-hubs.ts';
import { fleet, STEERING_READINGS } from './fleet.ts';
import { secrets, secretsRules } from './secrets.ts';
import { storeUrlProblems } from './store-url.ts';

const store = Type.Object({
  url: Type.String({
    minLength: 1,
    secret: true,
    description:
      '`pglite:<directory>` for PostgreSQL inside the program (one process), or `postgres://user:password@host/database`, without user and password where `secrets.source` is `vault`.',
  }),
});

const tls = (what: string) =>
  Type.Optional(
    Type.Object(
      {
        certFile: Type.String({
          minLength: 1,
          description: 'PEM file of the certificate, with what leads to its root after it.',
        }),
        keyFile: Type.String({ minLength: 1, description: 'PEM file of its private key.' }),
      },
      {
        description: `With it, ${what} served by TLS alone. Both files are looked at every 10 s, and taken without a restart.`,
      },
    ),
  );

const api = Type.Object({
  host: Type.String({
    minLength: 1,
    description: 'Address that the API binds to. Others than loopback are refused while there is no authentication.',
    default: '127.0.0.1',
  }),
  port: Type.Integer({
    minimum: 0,
    maximum: 65535,
    description: 'Port of the API; 0 takes a free one.',
    default: 8080,
  }),
  webDirectory: Type.Optional(
    Type.String({
      minLength: 1,
      description: 'Directory of the built dashboard; standard is the one that was built with the program.',
    }),
  ),
  tls: tls('the API is'),
});

const worker = Type.Object({
  host: Type.String({
    minLength: 1,
    description:
      'Address at which a process that only works tells its health and metrics; `all` tells them at the API. Others than loopback are refused.',
    default: '127.0.0.1',
  }),
  port: Type.Integer({
    minimum: 0,
    maximum: 65535,
    description: 'Port of the same; 0 takes a free one, for several workers on one machine.',
    default: 8081,
  }),
  tls: tls("a worker's health and metrics are"),
});

const windows = Type.Object({
  policy: Type.Union([Type.Literal('revise'), Type.Literal('stream-analytics')], {
    description:
      '`revise`: every reading counts in the window of its own time, and a final window that changes is revised. `stream-analytics`: the rules of Azure Stream Analytics; what comes too late is adjusted or dropped, and a final window never changes. A store keeps the policy that it was begun with.',
    default: 'revise',
  }),
  action: Type.Union([Type.Literal('adjust'), Type.Literal('drop')], {
    description:
      'Under `stream-analytics`: what is done with a reading that is late or out of order. `adjust` counts it at the nearest time that is still open, `drop` counts it in no window; it is received all the same.',
    default: 'adjust',
  }),
  lengthMs: Type.Integer({
    minimum: 1000,
    maximum: 86_400_000,
    unit: 'ms',
    description: 'Length of a window. A store keeps the length that it was begun with.',
    default: WINDOW_MS,
  }),
  hopMs: Type.Optional(
    Type.Integer({
      minimum: 1000,
      maximum: 86_400_000,
      unit: 'ms',
      description:
        'How far apart windows begin; the length, if absent. With less they overlap, and a reading counts in each that holds its time. A store keeps the hop that it was begun with.',
    }),
  ),
  lateToleranceMs: Type.Integer({
    minimum: 0,
    maximum: 20 * 86_400_000,
    unit: 'ms',
    description:
      'How long after its time an event may arrive and be in time. Later ones revise their window, or are adjusted or dropped.',
    default: 5000,
  }),
  earlyToleranceMs: Type.Integer({
    minimum: 0,
    maximum: 86_400_000,
    unit: 'ms',
    description: 'How far ahead of its arrival an event may be. Earlier ones become dead letters.',
    default: 300_000,
  }),
  outOfOrderToleranceMs: Type.Integer({
    minimum: 0,
    maximum: 600_000,
    unit: 'ms',
    description: 'How far the watermark stays behind the latest event time of a partition.',
    default: 0,
  }),
});

const beam = Type.Object(
  {
    preSharedKey: Type.Optional(
      Type.String({
        minLength: 8,
        secret: true,
        description:
          "Key that SORACOM Beam signs devices' requests with; without it no device gets a receipt (`/v1/receipts`).",
      }),
    ),
    previousPreSharedKey: Type.Optional(
      Type.String({
        minLength: 8,
        secret: true,
        description: 'The key before, taken too while Beam is being changed to a new one.',
      }),
    ),
    toleranceMs: Type.Integer({
      minimum: 1000,
      maximum: 3_600_000,
      unit: 'ms',
      description: "How far Beam's timestamp may be from the cloud's clock, either way.",
      default: 300_000,
    }),
  },
  { description: 'Through which devices ask what has been received.' },
);

const devices = Type.Object({
  silentAfterMs: Type.Integer({
    minimum: 1000,
    unit: 'ms',
    description: 'A device that has not posted for this long is silent.',
    default: 300_000,
  }),
});

const ingest = Type.Object({
  maxBatchSize: Type.Integer({
    minimum: 100,
    maximum: 10_000,
    unit: 'events',
    description: 'Most events that one partition hands to a commit.',
    default: 1_000,
  }),
  maxWaitMs: Type.Integer({
    minimum: 100,
    maximum: 60_000,
    unit: 'ms',
    description: 'How long a partition waits for an event before it looks again.',
    default: 1000,
  }),
  leanAmqp: Type.Boolean({
    description: 'Decode what Event Hubs usually sends by a short way of our own; false leaves all to the SDK.',
    default: true,
  }),
  loadBalancingIntervalMs: Type.Integer({
    minimum: 100,
    maximum: 60_000,
    unit: 'ms',
    description: 'How often a worker renews its partitions and looks for others to take.',
    default: 3000,
  }),
  ownershipExpirationMs: Type.Integer({
    minimum: 1000,
    maximum: 600_000,
    unit: 'ms',
    description: 'How long a worker may be silent before others take its partitions; several times the interval.',
    default: 15_000,
  }),
  stalledAfterMs: Type.Integer({
    minimum: 1000,
    maximum: 3_600_000,
    unit: 'ms',
    description: 'A partition that commits nothing for this long although the hub has events gets a new connection.',
    default: 30_000,
  }),
});

const retention = Type.Object(
  {
    windowsDays: Type.Integer({
      minimum: 0,
      maximum: 36_500,
      unit: 'days',
      description:
        'How long windows are kept after their end; 0 is for ever. A reading older than that when it arrives is not counted: it becomes a dead letter `event-too-old`.',
      default: 0,
    }),
    ledgersDays: Type.Integer({
      minimum: 0,
      maximum: 36_500,
      unit: 'days',
      description:
        'How long the ledger of a stream is kept after its last post, once its device has a newer stream or has been silent for as long; 0 is for ever. Longer than windows are kept, so that nothing that was counted can be counted again.',
      default: 0,
    }),
    deadLettersDays: Type.Integer({
      minimum: 0,
      maximum: 36_500,
      unit: 'days',
      description: 'How long dead letters are kept after their arrival, driven again or not; 0 is for ever.',
      default: 400,
    }),
    fleetDays: Type.Integer({
      minimum: 0,
      maximum: 36_500,
      unit: 'days',
      description:
        "How long what is known of single devices is kept; 0 is for ever. By its own age: what updaters said, the gate's signals of each round, the steps of devices. Of rollouts that ended so long ago: their devices and closed actions. And devices that neither their updater nor their readings were heard of since, but for those that have a token, tags, a channel other than `stable`, or a time zone that a person set. Images, channels, rollouts and their steps stay; of a rollout that has not ended, and of an open action, nothing goes.",
      default: 400,
    }),
  },
  { description: 'What is deleted by its age, bit by bit.' },
);

const sealing = Type.Object(
  {
    fields: Type.Array(Type.String({ minLength: 1 }), {
      description:
        'Names of readings whose values are kept sealed; one that ends with `*` stands for all that begin so: `["gps/*", "door/card"]`. They are counted like others and in no statistic of values, and dead letters are sealed whole. Needs `secrets.source` `vault`.',
      default: [],
    }),
    key: Type.String({
      pattern: '^[^/\\s]+(/[^/\\s]+)+$',
      says: 'mount and name, such as transit/tashika-fields',
      description: "The key in Vault's transit engine: mount and name.",
      default: 'transit/tashika-fields',
    }),
  },
  { description: 'Values that must not lie in the database in clear.' },
);

const log = Type.Object({
  level: Type.Union(
    (['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const).map((level) => Type.Literal(level)),
    { description: 'Least level that is logged.', default: 'info' },
  ),
});

/** Everything that `tashika-cloud` can be told, by file or by TASHIKA_CLOUD_… variables. */
export const cloudSchema = Type.Object({
  eventHubs,
  store,
  api,
  worker,
  windows,
  beam,
  devices,
  ingest,
  retention,
  secrets,
  sealing,
  fleet,
  log,
});

export type CloudConfiguration = Static<typeof cloudSchema>;

/** Rules between fields; each sentence is a problem. */
export function cloudRules(configuration: CloudConfiguration): readonly string[] {
  return [
    ...hubRules(configuration.eventHubs),
    ...storeUrlProblems(configuration.store.url),
    ...windowRules(configuration.windows),
    ...ownershipRules(configuration.ingest),
    ...beamRules(configuration.beam),
    ...retentionRules(configuration.retention),
    ...secretsRules(configuration),
    ...sealingRules(configuration),
  ];
}

function sealingRules({ sealing, secrets, fleet }: CloudConfiguration): readonly string[] {
  const withoutVault =
    sealing.fields.length > 0 && secrets.source !== 'vault'
      ? [
          'sealing.fields is set, and secrets.source is environment: sealing needs Vault, so set secrets.source to vault.',
        ]
      : [];
  return [...withoutVault, ...(fleet.bundles === undefined ? [] : sealedSteeringProblems(sealing.fields))];
}

/** What is sealed tells a rollout nothing, and it would give up every device for silent. */
function sealedSteeringProblems(fields: readonly string[]): readonly string[] {
  return fields.flatMap((field) => {
    const covered = STEERING_READINGS.filter(coveredBy([field]));
    if (covered.length === 0) return [];
    return [
      `sealing.fields has ${JSON.stringify(field)}, which seals ${covered.join(', ')}, and fleet.bundles is set: rollouts see by these readings who was updated and who restarts. Name what is to be sealed without them, or leave fleet.bundles out.`,
    ];
  });
}

function ownershipRules({ loadBalancingIntervalMs, ownershipExpirationMs }: CloudConfiguration['ingest']): string[] {
  if (ownershipExpirationMs >= 2 * loadBalancingIntervalMs) return [];
  return [
    `ingest.ownershipExpirationMs (${ownershipExpirationMs}) must be at least twice ingest.loadBalancingIntervalMs (${loadBalancingIntervalMs}), or a worker loses partitions that it still reads.`,
  ];
}

function windowRules(windows: CloudConfiguration['windows']): string[] {
  const { lengthMs, hopMs } = windowingOf(windows);
  if (hopMs > lengthMs)
    return [
      `windows.hopMs (${hopMs}) must be at most windows.lengthMs (${lengthMs}), or readings would fall between the windows.`,
    ];
  if (lengthMs > MOST_WINDOWS_A_READING * hopMs)
    return [
      `windows.hopMs (${hopMs}) must be at least a ${MOST_WINDOWS_A_READING}th of windows.lengthMs (${lengthMs}): every reading counts in each window that holds its time.`,
    ];
  return [];
}

function beamRules({ preSharedKey, previousPreSharedKey }: CloudConfiguration['beam']): readonly string[] {
  return previousPreSharedKey === undefined || preSharedKey !== undefined
    ? []
    : ['beam.previousPreSharedKey is set and beam.preSharedKey is not; set the key in use there.'];
}

/** A ledger outlives every window that its readings are in, with a day for clocks that are ahead. */
function retentionRules({ windowsDays, ledgersDays }: CloudConfiguration['retention']): readonly string[] {
  if (ledgersDays === 0 || (windowsDays > 0 && ledgersDays > windowsDays)) return [];
  const needed =
    windowsDays === 0 ? '0, for ever, as windows are kept' : `0 or above retention.windowsDays (${windowsDays})`;
  return [`retention.ledgersDays (${ledgersDays}) must be ${needed}, or what was counted could be counted once more.`];
}

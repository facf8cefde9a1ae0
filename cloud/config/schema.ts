import Type, { type Static } from 'typebox';

const eventHubs = Type.Object({
  connectionString: Type.String({
    minLength: 1,
    secret: true,
    description:
      'Connection string with the Listen claim: `Endpoint=sb://…;SharedAccessKeyName=…;SharedAccessKey=…`, with `;UseDevelopmentEmulator=true` for a stand-in.',
  }),
  hub: Type.String({ minLength: 1, description: 'Name of the event hub.', default: 'telemetry' }),
  consumerGroup: Type.String({
    minLength: 1,
    description: 'Consumer group of all the workers that share this store; nothing else may read with it.',
    default: '$Default',
  }),
  namespace: Type.Optional(
    Type.String({
      minLength: 1,
      description:
        'Name under which the positions in the hub are kept; without it, host and port of the connection string. Name it where the same hub changes its address.',
    }),
  ),
});

const store = Type.Object({
  url: Type.String({
    minLength: 1,
    secret: true,
    description:
      '`pglite:<directory>` for PostgreSQL inside the program (one process), or `postgres://user:password@host/database`.',
  }),
});

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
});

const windows = Type.Object({
  lateToleranceMs: Type.Integer({
    minimum: 0,
    maximum: 20 * 86_400_000,
    unit: 'ms',
    description:
      'How long after its time an event may arrive while its window is still provisional. Later ones revise the window.',
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

const log = Type.Object({
  level: Type.Union(
    (['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const).map((level) => Type.Literal(level)),
    { description: 'Least level that is logged.', default: 'info' },
  ),
});

/** Everything that `tashika-cloud` can be told, by file or by TASHIKA_CLOUD_… variables. */
export const cloudSchema = Type.Object({ eventHubs, store, api, windows, devices, ingest, log });

export type CloudConfiguration = Static<typeof cloudSchema>;

/** Rules between fields; each sentence is a problem. */
export function cloudRules(configuration: CloudConfiguration): readonly string[] {
  const { loadBalancingIntervalMs, ownershipExpirationMs } = configuration.ingest;
  return ownershipExpirationMs >= 2 * loadBalancingIntervalMs
    ? []
    : [
        `ingest.ownershipExpirationMs (${ownershipExpirationMs}) must be at least twice ingest.loadBalancingIntervalMs (${loadBalancingIntervalMs}), or a worker loses partitions that it still reads.`,
      ];
}

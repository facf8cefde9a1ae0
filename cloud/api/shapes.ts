import Type, { type Static, type TSchema } from 'typebox';
import { MOST_MISSING_RANGES } from '../receipts/index.ts';

/**
 * What the API says, one schema a shape. The handlers' types, the OpenAPI document and the tests' validation all
 * come from here. A shape is a contract: fields are added, never renamed or retyped.
 */

/** A schema that the OpenAPI document lists by name. */
export function named<Schema extends TSchema>(name: string, schema: Schema): Schema & { $id: string } {
  return { ...schema, $id: name };
}

/** A reference to a named schema, with the type of what it stands for. */
export function ref<Schema extends TSchema & { $id: string }>(schema: Schema): Type.TUnsafe<Static<Schema>> {
  return Type.Unsafe<Static<Schema>>({ $ref: `${schema.$id}#` });
}

/** One of a closed list of words. */
export function word<const Words extends readonly string[]>(words: Words, options: { description?: string } = {}) {
  return Type.Unsafe<Words[number]>({ type: 'string', enum: words, ...options });
}

/** The content of an answer in JSON. */
export function json<Schema extends TSchema & { $id: string }>(schema: Schema) {
  return { content: { 'application/json': { schema: ref(schema) } } };
}

export const Time = (description: string) =>
  Type.String({ format: 'date-time', description: `${description} ISO 8601 in UTC with milliseconds.` });

export const TimeOrNull = (description: string) =>
  Type.Unsafe<string | null>({ type: ['string', 'null'], format: 'date-time', description });

export const TextOrNull = (description: string) =>
  Type.Unsafe<string | null>({ type: ['string', 'null'], description });

export const Count = (description: string) => Type.Integer({ minimum: 0, description });

const RegionCode = Type.String({
  pattern: '^[0-9]{2}$',
  description: 'JIS X 0401 code of the prefecture, `01` to `47`.',
});

export const Window = named(
  'Window',
  Type.Object(
    {
      windowEnd: Time('The window (start, end], labelled by its end; a minute unless configured otherwise.'),
      region: RegionCode,
      readings: Count('Readings counted, each exactly once.'),
      events: Count('Posts counted, each once, in the window of its first fresh reading.'),
      late: Count('Readings among them that came after the window was final.'),
      state: word(['provisional', 'final', 'revised'], {
        description:
          '`provisional` until the watermark has come to the end (under `stream-analytics`, has passed it), then `final`; ' +
          '`revised` once a late reading changed it.',
      }),
      revision: Count('0 until a final window changes, then counting up.'),
    },
    { description: 'One window of one region.' },
  ),
);
export type Window = Static<typeof Window>;

export const WindowList = named(
  'WindowList',
  Type.Object({
    watermark: TimeOrNull('Event time that every partition has passed. Null until each has been read.'),
    windows: Type.Array(ref(Window)),
    next: TextOrNull('What to pass as `after` for the next page; null on the last one.'),
  }),
);
export type WindowList = Static<typeof WindowList>;

const Percentiles = Type.Unsafe<Readonly<Record<'p50' | 'p90' | 'p95' | 'p99', number>> | null>({
  type: ['object', 'null'],
  properties: Object.fromEntries(['p50', 'p90', 'p95', 'p99'].map((name) => [name, { type: 'number' }])),
  required: ['p50', 'p90', 'p95', 'p99'],
  description:
    'Each within 1% of a value that was measured: of n in order, the one at the place floor(0.95 × (n − 1)) for p95. ' +
    'Magnitudes below 1.2e-308 count as 0, and those beyond 1/6e17 of the greatest as one. ' +
    'Null where some of the readings were counted by a program that kept no percentiles.',
});

export const WindowValues = named(
  'WindowValues',
  Type.Object({
    windowEnd: Time('The window asked for.'),
    region: RegionCode,
    values: Type.Array(
      Type.Object({
        sensor: Type.String({ description: 'The SenML name.' }),
        unit: Type.String({ description: 'The SenML unit; empty where the record has none.' }),
        count: Count('Numeric readings.'),
        sum: Type.Unsafe<number | null>({
          type: ['number', 'null'],
          description: 'Null beyond ±8e307, where it is not known any more.',
        }),
        min: Type.Number(),
        max: Type.Number(),
        percentiles: Percentiles,
      }),
    ),
  }),
);
export type WindowValues = Static<typeof WindowValues>;

const SequenceRange = Type.Unsafe<readonly [first: number, last: number]>({
  type: 'array',
  prefixItems: [{ type: 'integer' }, { type: 'integer' }],
  minItems: 2,
  maxItems: 2,
  description: 'First and last number, both included.',
});

export const Stream = named(
  'Stream',
  Type.Object(
    {
      stream: Type.String({ description: 'Identity of the spool.' }),
      received: Count('Readings counted.'),
      through: Count('The highest number received or told lost; 0 for none.'),
      missing: Type.Array(SequenceRange, {
        description:
          'Numbers up to `through` that neither came nor are lost: the first 100 ranges in the list of devices, ' +
          'the first 10,000 for one device.',
      }),
      missingReadings: Count('How many numbers are missing in all, named in `missing` or not.'),
      lost: Count('Readings that the device says it had to give up, and that did not come after all.'),
      held: Count('Readings still in the spool, by the latest post.'),
    },
    { description: 'What is known of one spool of a device.' },
  ),
);
export type Stream = Static<typeof Stream>;

const completenessFigures = {
  received: Count('Readings counted.'),
  missing: Count('Readings whose numbers are known of and that neither came nor are told lost.'),
  held: Count("Readings still in the devices' spools, by their latest posts."),
  lost: Count('Readings that devices say they had to give up.'),
  completeness: Type.Number({
    minimum: 0,
    maximum: 1,
    description: 'Received ÷ (received + missing + held + lost); 1 where nothing is numbered.',
  }),
};

export const Completeness = named(
  'Completeness',
  Type.Object(
    {
      asOf: Time('When it was read. With many devices an answer is given again for ten times as long as it took.'),
      regions: Type.Array(
        Type.Object({
          region: RegionCode,
          devices: Count('Devices last seen in the region.'),
          ...completenessFigures,
        }),
        { description: 'In order of region; those that have devices.' },
      ),
      total: Type.Object({ devices: Count('All devices.'), ...completenessFigures }),
    },
    { description: 'How much of what devices took has been counted.' },
  ),
);
export type Completeness = Static<typeof Completeness>;

const Value = Type.Unsafe<number | string | boolean | null>({ type: ['number', 'string', 'boolean', 'null'] });

export const Device = named(
  'Device',
  Type.Object(
    {
      imsi: Type.String({ description: 'The SIM that the network vouches for; `unknown` where it is not told.' }),
      imei: TextOrNull('The hardware that the SIM was last seen in.'),
      region: RegionCode,
      lastSeen: Time('When its latest post arrived.'),
      reporting: Type.Boolean({ description: 'Whether it was seen within the time after which a device is silent.' }),
      lastValues: Type.Record(
        Type.String(),
        Type.Object({
          value: Value,
          unit: Type.String(),
          time: Time('When it was read.'),
          suspect: Type.Optional(
            Type.Literal(true, {
              description:
                'The device took it for out of its configured range: it counts as a reading, and in no statistic of values.',
            }),
          ),
          sealed: Type.Optional(
            Type.Literal(true, {
              description: 'The value is kept sealed; where this process can not open it, `value` is null.',
            }),
          ),
        }),
        { description: 'The latest value of each sensor, by its SenML name.' },
      ),
      clock: TextOrNull('How far its times can be trusted: `synced`, `relative` or `uncertain`; null if not told.'),
      posts: Count('Posts counted.'),
      streams: Type.Array(ref(Stream)),
      completeness: Type.Number({
        minimum: 0,
        maximum: 1,
        description: 'Received ÷ (received + missing + held + lost); 1 for a device without sequence numbers.',
      }),
    },
    { description: 'A device by its SIM.' },
  ),
);
export type Device = Static<typeof Device>;

export const DeviceList = named(
  'DeviceList',
  Type.Object({
    devices: Type.Array(ref(Device)),
    next: TextOrNull('What to pass as `after` for the next page; null on the last one.'),
  }),
);
export type DeviceList = Static<typeof DeviceList>;

export const Receipt = named(
  'Receipt',
  Type.Object(
    {
      stream: Type.String({ description: 'Identity of the spool.' }),
      through: Count('How far this receipt reaches; 0 for a stream that nothing came from.'),
      missing: Type.Array(SequenceRange, {
        maxItems: MOST_MISSING_RANGES,
        description: 'Numbers up to `through` to send again. With more ranges than it may name, it ends with the last.',
      }),
    },
    { description: 'What a device may forget: every number up to `through` but those missing.' },
  ),
);
export type Receipt = Static<typeof Receipt>;

export const DeadLetter = named(
  'DeadLetter',
  Type.Object(
    {
      id: Type.String({ description: 'Its number, as text.' }),
      reason: Type.String({ description: 'One of the closed list of reasons.' }),
      detail: Type.String({ description: 'What was found, and what would be right.' }),
      receivedAt: Time('When Event Hubs took it.'),
      imsi: TextOrNull('The SIM it came from, where that could be read.'),
      source: Type.Object({ partition: Type.String(), sequenceNumber: Type.Integer() }),
      sample: Type.String({
        description:
          "1,024 bytes of the event as UTF-8 text: the first, or where Funnel's own fields would take most of them, " +
          'those from `"payloads"` on, after an ellipsis. `GET /api/dead-letters/{id}/body` has all bytes.',
      }),
    },
    { description: 'An event, or a part of one, that could not be counted.' },
  ),
);
export type DeadLetter = Static<typeof DeadLetter>;

export const DeadLetterList = named(
  'DeadLetterList',
  Type.Object({
    deadLetters: Type.Array(ref(DeadLetter), { description: 'Those not re-driven yet, in the order asked for.' }),
    counts: Type.Record(Type.String(), Count(''), { description: 'How many are open, by reason, whatever was asked.' }),
    next: TextOrNull('What to pass as `after` for the next page; null on the last one.'),
  }),
);
export type DeadLetterList = Static<typeof DeadLetterList>;

export const RedriveOutcome = named(
  'RedriveOutcome',
  Type.Object({
    outcome: word(['counted', 'still-refused']),
    reason: Type.Optional(Type.String({ description: 'Why it is still refused.' })),
    detail: Type.Optional(Type.String()),
  }),
);
export type RedriveOutcome = Static<typeof RedriveOutcome>;

export const RedriveSweep = named(
  'RedriveSweep',
  Type.Object({
    counted: Count('Those that are counted now.'),
    stillRefused: Count('Those that stay, with the reason of today.'),
    next: TextOrNull('What to pass as `after` to go on; null when all have been tried.'),
  }),
);
export type RedriveSweep = Static<typeof RedriveSweep>;

export const RegionTile = named(
  'RegionTile',
  Type.Object({
    code: RegionCode,
    ja: Type.String(),
    en: Type.String(),
    column: Type.Integer({ minimum: 0, maximum: 11, description: 'Place on the tile map.' }),
    row: Type.Integer({ minimum: 0, maximum: 13 }),
  }),
);

export const RegionList = named('RegionList', Type.Object({ regions: Type.Array(ref(RegionTile)) }));
export type RegionList = Static<typeof RegionList>;

const Figures = Type.Object({
  eventsPerSecond: Type.Number({ minimum: 0, description: 'Posts counted, over the last 5 s.' }),
  readingsPerSecond: Type.Number({ minimum: 0, description: 'Readings counted, over the last 5 s.' }),
  watermarkDelayMs: Type.Unsafe<number | null>({
    type: ['number', 'null'],
    description: 'How far the watermark is behind the clock.',
  }),
  late: Count('Readings counted into a window that was final already, in all.'),
  duplicates: Count('Readings that came again and were not counted, in all.'),
  deadLetters: Count('Dead letters not re-driven yet.'),
  devicesReporting: Count('Devices seen lately.'),
  devicesSilent: Count('Devices not seen for longer than a device may be silent.'),
});
export type Figures = Static<typeof Figures>;

export const LiveMessage = named(
  'LiveMessage',
  Type.Object(
    {
      id: Type.String({ description: 'The latest change contained; resume from it with Last-Event-ID.' }),
      asOf: Time('When it was read.'),
      watermark: TimeOrNull('Event time that every partition has passed. Null until each has been read.'),
      finalUntil: TimeOrNull(
        'Windows that end at or before it are final: the watermark, or under `stream-analytics` just before it.',
      ),
      windowing: Type.Object(
        {
          lengthMs: Type.Integer({ minimum: 1 }),
          hopMs: Type.Integer({ minimum: 1, description: 'How far apart windows begin.' }),
          policy: word(['revise', 'stream-analytics']),
        },
        { description: 'How the windows of this store are counted.' },
      ),
      figures: Figures,
      windows: Type.Array(ref(Window), {
        description: 'State, not increments: a row replaces the earlier one of its windowEnd and region.',
      }),
    },
    {
      description:
        'A snapshot (the windows of the last 5 minutes and the open ones) or a delta (the windows that changed).',
    },
  ),
);
export type LiveMessage = Static<typeof LiveMessage>;

const PartitionHealth = Type.Object({
  hub: Type.String(),
  consumerGroup: Type.String(),
  partition: Type.String(),
  status: word(['progressing', 'waiting', 'standing', 'stalled', 'rewound'], {
    description:
      '`waiting` until a worker has looked at it for the first time; `standing` when none looks at it any more; ' +
      '`stalled` when Event Hubs has events of it that are not committed; `rewound` when its numbers end before the ' +
      'last committed one, because the hub was made anew.',
  }),
  since: Type.Optional(Time('Since when it has not been progressing: when it last moved on, or was last looked at.')),
  progressedAt: TimeOrNull('When events were last committed, or the partition was last seen to have none.'),
  watermark: TimeOrNull('How far event time has come in this partition.'),
});

export const Health = named(
  'Health',
  Type.Object({
    status: word(['ok', 'failing']),
    store: Type.Object({
      status: word(['ok', 'unavailable']),
      since: Type.Optional(Time('Since when it has not answered.')),
    }),
    worker: Type.Object({
      status: word(['ok', 'waiting', 'standing', 'stalled', 'rewound', 'troubled', 'unknown'], {
        description:
          '`waiting`, `standing`, `stalled` or `rewound` when a partition is, the gravest of them; `waiting` too until the ' +
          'worker of the process that answers has looked at its hub; `troubled` when Event Hubs does not answer a worker.',
      }),
      since: Type.Optional(Time('Since when it has been so.')),
      trouble: Type.Optional(
        Type.Object(
          { code: Type.String(), message: Type.String() },
          { description: 'What keeps a worker from Event Hubs.' },
        ),
      ),
      partitions: Type.Array(PartitionHealth),
    }),
  }),
);
export type Health = Static<typeof Health>;

export const WorkerList = named(
  'WorkerList',
  Type.Object(
    {
      workers: Type.Array(
        Type.Object({
          worker: Type.String({ description: 'Host, process and a random part.' }),
          lookedAt: Time('When it last told of itself.'),
          hubKey: TextOrNull(
            'The fingerprint of the key that it reads the hub with: `sha256:` and 12 hexadecimal digits. Null where it does not say.',
          ),
          trouble: Type.Unsafe<{ code: string; message: string; since: string } | null>({
            type: ['object', 'null'],
            description: 'Why the hub does not answer it; null while it does.',
            properties: {
              code: { type: 'string' },
              message: { type: 'string' },
              since: { type: 'string', format: 'date-time' },
            },
            required: ['code', 'message', 'since'],
          }),
        }),
        { description: 'Those heard of in the last 15 s, in the order of their names.' },
      ),
    },
    { description: 'The workers that share the store, in every process.' },
  ),
);
export type WorkerList = Static<typeof WorkerList>;

export const Readiness = named(
  'Readiness',
  Type.Object({
    status: word(['ready', 'not-ready']),
    conditions: Type.Array(
      Type.Object({
        type: word([
          'StoreUnavailable',
          'StoreNotOfThisPipeline',
          'HubUnavailable',
          'HubNotRead',
          'InputPartitionNotProgressing',
        ]),
        partition: Type.Optional(Type.String({ description: 'The partition of the hub that stands still.' })),
        since: Time('Since when: for a partition, when it last moved on or was last looked at.'),
        detail: Type.String({ description: 'What is the matter.' }),
      }),
      { description: 'What keeps it from being ready; empty when it is.' },
    ),
    warnings: Type.Optional(
      Type.Array(
        Type.Object({
          type: word(['SecretRefused', 'SecretNotRenewed', 'SecretExpired']),
          secret: Type.String({ description: 'Which of the secrets.' }),
          since: Time('Since when.'),
          detail: Type.String({ description: 'What is the matter, and what to do.' }),
        }),
        {
          description:
            "What works still and may not for long, of this process's secrets; absent when there is nothing.",
        },
      ),
    ),
  }),
);
export type Readiness = Static<typeof Readiness>;

export const Problem = named(
  'Problem',
  Type.Object(
    {
      type: Type.String({ format: 'uri' }),
      title: Type.String(),
      status: Type.Integer(),
      detail: Type.String(),
      code: Type.String({ description: 'The error in our closed list.' }),
      parameter: Type.Optional(Type.String({ description: 'The parameter that is wrong.' })),
    },
    { description: 'An error as RFC 9457 has it.' },
  ),
);
export type Problem = Static<typeof Problem>;

export const SHAPES = [
  Window,
  WindowList,
  WindowValues,
  Stream,
  Device,
  DeviceList,
  Completeness,
  Receipt,
  DeadLetter,
  DeadLetterList,
  RedriveOutcome,
  RedriveSweep,
  RegionTile,
  RegionList,
  LiveMessage,
  Health,
  WorkerList,
  Readiness,
  Problem,
];

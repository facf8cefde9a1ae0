import Type, { type Static } from 'typebox';
import { receiptsSchema } from '../receipts/config.ts';
import { sensorsSchema } from '../sensors/config.ts';

const region = Type.Optional(
  Type.String({
    description:
      "The prefecture that the device stands in, in any spelling (`13`, `JP-13`, `東京都`, `Tokyo`). Left out, the SIM's tag `pref` is asked of the metadata service.",
    minLength: 1,
  }),
);

const dataDirectory = Type.String({
  description:
    'Where the spool, the last region and the last good user data are kept. It must be on a disk that survives a restart.',
  default: '/var/lib/tashika-edge',
  minLength: 1,
  local: true,
});

const metadata = Type.Object(
  {
    url: Type.String({
      description: "The link's metadata service; `/v1/userdata` and `/v1/subscriber.tags.pref` are appended.",
      default: 'http://metadata.soracom.io',
      pattern: '^https?://',
    }),
    timeoutMs: Type.Integer({
      description: 'How long one answer may take.',
      unit: 'ms',
      default: 10_000,
      minimum: 100,
      maximum: 300_000,
    }),
    userData: Type.Boolean({
      description: "Whether the user data of the SIM's group configure this agent.",
      default: true,
    }),
    startWaitMs: Type.Integer({
      description: 'How long the very first start waits for user data; later ones begin with the last good ones.',
      unit: 'ms',
      default: 5_000,
      minimum: 0,
      maximum: 300_000,
    }),
    askEveryMs: Type.Integer({
      description: 'How often user data are asked for again, less up to a half by chance.',
      unit: 'ms',
      default: 3_600_000,
      minimum: 100,
      maximum: 86_400_000,
    }),
  },
  { description: 'Asked for user data, and for the region while `region` is not set.', local: true },
);

const uplink = Type.Object(
  {
    url: Type.String({
      description:
        "Where posts go. The scheme chooses the link: `http:` (Funnel's HTTP entry), `tcp:` and `udp:` (its port 23080, for posts of one packet), or `mqtt:` (Beam's MQTT entry, port 1883).",
      default: 'http://funnel.soracom.io',
      pattern: '^(https?|tcp|udp|mqtt)://',
    }),
    entry: Type.Union([Type.Literal('funnel'), Type.Literal('unified')], {
      description:
        "Whose entry point `url` is: Funnel's own, or SORACOM's unified endpoint (`uni.soracom.io`), whose answers have another shape. MQTT has none of this.",
      default: 'funnel',
    }),
    packetBytes: Type.Integer({
      description:
        'Most bytes of a post over TCP and UDP: one packet. A reading that alone is longer is given up there, and told as lost.',
      unit: 'bytes',
      default: 1_360,
      minimum: 512,
      maximum: 65_000,
    }),
    topic: Type.String({
      description: 'The topic that posts are published to over MQTT.',
      default: 'tashika',
      pattern: '^[^+#]+$',
    }),
    localAddress: Type.Optional(
      Type.String({
        description: 'The local address to send from, which chooses the network interface: the cellular one.',
        minLength: 1,
        local: true,
      }),
    ),
    batchBytes: Type.Integer({
      description: 'Most bytes of one post, unless one reading alone is longer. Funnel takes 800,000.',
      unit: 'bytes',
      default: 32_768,
      minimum: 16_384,
      maximum: 800_000,
    }),
    batchReadings: Type.Integer({
      description: 'Most readings of one post; a post goes as soon as so many wait.',
      unit: 'readings',
      default: 1_000,
      minimum: 1,
      maximum: 10_000,
    }),
    batchAgeMs: Type.Integer({
      description: 'How old a reading may grow while its post waits for more. Longer costs fewer cellular bytes.',
      unit: 'ms',
      default: 1_000,
      minimum: 0,
      maximum: 3_600_000,
    }),
    timeoutMs: Type.Integer({
      description: 'How long one post may take, from connecting to the last byte of the answer.',
      unit: 'ms',
      default: 30_000,
      minimum: 100,
      maximum: 600_000,
    }),
    retryFirstMs: Type.Integer({
      description: 'The wait after the first failure; each further one doubles it, with jitter.',
      unit: 'ms',
      default: 1_000,
      minimum: 10,
      maximum: 600_000,
    }),
    retryMostMs: Type.Integer({
      description: 'The longest wait between attempts.',
      unit: 'ms',
      default: 60_000,
      minimum: 10,
      maximum: 3_600_000,
    }),
    replayShare: Type.Number({
      description:
        "Most of the link's time that a backlog may take. With `spool.order: live-first` the rest is for what is live.",
      default: 0.5,
      minimum: 0.01,
      maximum: 1,
    }),
    replaySpeed: Type.Number({
      description:
        'How many times as fast as it was taken a backlog may be sent, so that a fleet that comes back at once floods nobody. A post of it is followed by a rest of at most a minute.',
      default: 10,
      minimum: 1,
      maximum: 1_000_000,
    }),
    dailyBytes: Type.Optional(
      Type.Integer({
        description:
          "Most bytes on the air in a day of Japan's, posts and answers with their headers, as far as the agent can reckon them. Left out, there is no limit.",
        unit: 'bytes',
        minimum: 10_000,
        maximum: 1_099_511_627_776,
      }),
    ),
    whenSpent: Type.Union([Type.Literal('hold'), Type.Literal('sparse')], {
      description:
        'What happens when `dailyBytes` is spent: `hold` sends nothing until the next day; `sparse` sends one reading every `sparseMs`, with how many wait, so that silence is not taken for death.',
      default: 'sparse',
    }),
    sparseMs: Type.Integer({
      description:
        'How often a reading is sent when `dailyBytes` is spent. A day of them is some 50 kB at the default.',
      unit: 'ms',
      default: 900_000,
      minimum: 10_000,
      maximum: 86_400_000,
    }),
    resetCommand: Type.Optional(
      Type.Array(Type.String(), {
        description:
          'A program and its arguments that reset the modem, such as `["mmcli", "-m", "any", "--reset"]`. No shell reads them.',
        minItems: 1,
        local: true,
      }),
    ),
    resetAfterMs: Type.Integer({
      description:
        'How long posts must have failed, without any answer, before `resetCommand` is run. It is run again after twice as long, and so on up to a day.',
      unit: 'ms',
      default: 900_000,
      minimum: 1_000,
      maximum: 86_400_000,
    }),
    resetTimeoutMs: Type.Integer({
      description: 'How long `resetCommand` may take; then it is ended.',
      unit: 'ms',
      default: 60_000,
      minimum: 100,
      maximum: 600_000,
    }),
  },
  { description: 'The way to the cloud.' },
);

const spool = Type.Object(
  {
    maxBytes: Type.Integer({
      description:
        'Most bytes on the disk. About 60 bytes a reading: the default holds 50 days at one reading a second.',
      unit: 'bytes',
      default: 268_435_456,
      minimum: 16_384,
      maximum: 1_099_511_627_776,
    }),
    segmentBytes: Type.Integer({
      description:
        'Size of one file; space is given back, and given up, file by file. At most a quarter of `maxBytes`.',
      unit: 'bytes',
      default: 1_048_576,
      minimum: 4_096,
      maximum: 268_435_456,
    }),
    fsyncMs: Type.Integer({
      description:
        'How long a reading may wait to be forced onto the disk, and so what a power cut can take. Shorter wears an SD card faster.',
      unit: 'ms',
      default: 500,
      minimum: 0,
      maximum: 60_000,
    }),
    fsyncReadings: Type.Integer({
      description: 'Forces the disk earlier when this many readings wait.',
      unit: 'readings',
      default: 1_000,
      minimum: 1,
      maximum: 1_000_000,
    }),
    dailyWriteBytes: Type.Integer({
      description:
        'What a day may write to the disk, in whole blocks of 4 KiB. Beyond it the agent warns and its health is `degraded`; it goes on storing.',
      unit: 'bytes',
      default: 2_147_483_648,
      minimum: 1_048_576,
      maximum: 1_099_511_627_776,
    }),
    memoryBytes: Type.Integer({
      description: 'Most bytes of readings kept in memory while the disk takes none.',
      unit: 'bytes',
      default: 4_194_304,
      minimum: 65_536,
      maximum: 1_073_741_824,
    }),
    policy: Type.Union([Type.Literal('drop-oldest'), Type.Literal('drop-newest'), Type.Literal('thin-out')], {
      description:
        'What is given up when the spool is full: the oldest file, what comes new, or readings of every old file, those of the lowest priority first. The cloud is told which numbers.',
      default: 'drop-oldest',
    }),
    keepEvery: Type.Integer({
      description: 'With `thin-out`, one reading in so many of each sensor is kept each time that a file is rewritten.',
      default: 2,
      minimum: 2,
      maximum: 1_000,
    }),
    maxAgeMs: Type.Optional(
      Type.Integer({
        description:
          'Readings that wait for longer are given up. Left out, none is. Those of an earlier boot count only between two moments at which the clock was right.',
        unit: 'ms',
        minimum: 60_000,
        maximum: 31_536_000_000,
      }),
    ),
    order: Type.Union([Type.Literal('in-order'), Type.Literal('live-first')], {
      description:
        'What is sent first after an outage or a restart: the oldest reading, or what is taken now, with what waited in between.',
      default: 'in-order',
    }),
    unconfirmedBytes: Type.Integer({
      description:
        'Most bytes of files that wait for nothing but their receipt. The oldest go first, and before anything else when the spool is full.',
      unit: 'bytes',
      default: 67_108_864,
      minimum: 4_096,
      maximum: 1_099_511_627_776,
    }),
    unconfirmedMs: Type.Integer({
      description: 'How long a file waits for its receipt, counted from when it was sent or the agent started.',
      unit: 'ms',
      default: 604_800_000,
      minimum: 60_000,
      maximum: 31_536_000_000,
    }),
  },
  { description: 'Readings wait here, on the disk, until the link has taken them.' },
);

const clock = Type.Object(
  {
    trusted: Type.Union([Type.Literal('auto'), Type.Literal('always'), Type.Literal('never')], {
      description:
        "Whether the wall clock is right. `auto` asks the system's time synchronisation (systemd-timesyncd, chrony, ntpd) and, where none is found, does not trust it.",
      default: 'auto',
    }),
  },
  { description: 'A clock that is not trusted sends ages instead of times.' },
);

const health = Type.Object(
  {
    host: Type.String({ description: 'Address of the health server.', default: '127.0.0.1', minLength: 1 }),
    port: Type.Optional(
      Type.Integer({
        description: 'Port of the health server with `/health` and `/metrics`. Left out, there is none.',
        minimum: 0,
        maximum: 65_535,
      }),
    ),
  },
  { description: 'What the agent says of itself.', local: true },
);

const log = Type.Object({
  level: Type.Union(
    (['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const).map((level) => Type.Literal(level)),
    { description: 'The least severe lines that are written.', default: 'info' },
  ),
});

/** The agent's configuration; environment prefix `TASHIKA_EDGE`. */
export const edgeSchema = Type.Object({
  region,
  dataDirectory,
  metadata,
  uplink,
  spool,
  receipts: receiptsSchema,
  sensors: sensorsSchema,
  clock,
  health,
  log,
});

export type EdgeConfiguration = Static<typeof edgeSchema>;

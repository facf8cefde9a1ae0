import Type from 'typebox';

/** The section `uplink` of the agent's configuration. */
export const uplinkSchema = Type.Object(
  {
    url: Type.String({
      description:
        "Where posts go. The scheme chooses the link: `http:` (Funnel's HTTP entry), `tcp:` and `udp:` (its port 23080, for posts of one packet), or `mqtt:` (Beam's MQTT entry, port 1883).",
      default: 'http://funnel.soracom.io',
      pattern: '^(https?|tcp|udp|mqtt)://',
      says: 'an address that begins with http://, https://, tcp://, udp:// or mqtt://',
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
      pattern: '^[^+#\\u0000]+$',
      says: 'a topic, without the wildcards + and #',
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
      description:
        'How old a reading may grow while its post waits for more, and a tenth of it more where that brings further readings. Longer costs fewer cellular bytes.',
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

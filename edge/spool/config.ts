import Type from 'typebox';

/** The section `spool` of the agent's configuration. */
export const spoolSchema = Type.Object(
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

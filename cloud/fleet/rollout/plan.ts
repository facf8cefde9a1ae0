import Type, { type Static } from 'typebox';

/** A year: no time of a plan is longer. */
export const MOST_MINUTES = 525_600;

/**
 * How long a device is waited for with a maintenance window, in minutes: in a night in which clocks are put forward, a window
 * in the hour that is left out doesn't open, and the next one is nearly two days after the last.
 */
export const WINDOW_TIMEOUT_MINUTES = 2880;

const Minutes = (description: string, standard?: number) =>
  Type.Number({ minimum: 0, maximum: MOST_MINUTES, description, ...(standard !== undefined && { default: standard }) });

const Wave = Type.Union([
  Type.Object({ devices: Type.Integer({ minimum: 1 }) }, { additionalProperties: false }),
  Type.Object({ percent: Type.Number({ exclusiveMinimum: 0, maximum: 100 }) }, { additionalProperties: false }),
]);

/**
 * Who gets an image, in which steps, and what stops it. A plan is what a person writes; it is frozen, with the devices
 * that it came to, when the rollout starts. Waves are cumulative: `10 devices, 1 %, 10 %, 50 %, 100 %`.
 */
export const rolloutPlanSchema = Type.Object(
  {
    id: Type.String({
      pattern: '^[a-z0-9][a-z0-9-]{0,62}$',
      description: 'Name of the rollout, such as `agent-1-5-0`.',
    }),
    image: Type.String({ description: 'Kind and version: `agent/1.5.0`.' }),
    target: Type.Object(
      {
        channel: Type.Optional(Type.String({ description: 'Devices that follow this channel.' })),
        boards: Type.Optional(Type.Array(Type.String(), { minItems: 1 })),
        regions: Type.Optional(Type.Array(Type.String({ pattern: '^[0-9]{2}$' }), { minItems: 1 })),
        tags: Type.Optional(Type.Array(Type.String(), { minItems: 1, description: 'Devices that have all of these.' })),
        devices: Type.Optional(Type.Array(Type.String(), { minItems: 1, description: 'Controller ids.' })),
      },
      {
        additionalProperties: false,
        description: 'A device must fit each that is given; none given is the whole fleet.',
      },
    ),
    waves: Type.Array(Wave, { minItems: 1, maxItems: 20 }),
    soakMinutes: Minutes('How long the readings of a wave are watched after its last device was updated.', 480),
    mostInParallel: Type.Integer({
      minimum: 1,
      maximum: 1_000_000,
      description: 'Devices under way at once.',
      default: 200,
    }),
    maintenanceWindow: Type.Optional(
      Type.Object(
        {
          from: Type.String({ pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$' }),
          to: Type.String({ pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$' }),
        },
        {
          additionalProperties: false,
          description: "Between these times in the device's own time zone; may span midnight.",
        },
      ),
    ),
    dailyBytes: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: Number.MAX_SAFE_INTEGER,
        description: 'Bytes of the bundle that a device may fetch a day.',
      }),
    ),
    deviceTimeoutMinutes: Minutes(
      `A device that was offered the image and is not done after this long has vanished. With a maintenance window ${WINDOW_TIMEOUT_MINUTES} where it is left out, and no less.`,
      1440,
    ),
    requireApproval: Type.Boolean({
      description:
        'It starts only once another person than its planner has approved it; also where the server asks for that of every plan.',
      default: false,
    }),
    gate: Type.Object(
      {
        falseHalts: Type.Number({
          exclusiveMinimum: 0,
          maximum: 0.2,
          description: 'Greatest chance that a good image is halted, over the whole rollout and all signals.',
          default: 0.01,
        }),
        leastDevices: Type.Integer({
          minimum: 1,
          description: 'Updated devices that must have been heard of before a wave can pass.',
          default: 1,
        }),
        mostFailed: Type.Number({
          minimum: 0,
          maximum: 1,
          description: 'Share of a wave whose installation may fail, vanish or fall back before the wave fails.',
          default: 0.2,
        }),
      },
      { additionalProperties: false, default: {} },
    ),
  },
  { additionalProperties: false },
);

export type RolloutPlan = Static<typeof rolloutPlanSchema>;

import type { imageRecordSchema } from '@tashika/shared/image';
import Type, { type Static } from 'typebox';
import { SIGNALS } from '../../fleet/gate/index.ts';
import type { Reason } from '../../fleet/reason/index.ts';
import { DEVICE_STATES, ROLLOUT_STATES, type rolloutPlanSchema, WAVE_STATES } from '../../fleet/rollout/index.ts';
import { Count, named, ref, TextOrNull, Time, TimeOrNull, word } from '../shapes.ts';

/** What the API says of images, rollouts and updaters. The rules of `../shapes.ts` hold here too. */

const NumberOrNull = (description: string) => Type.Unsafe<number | null>({ type: ['number', 'null'], description });
/** Beside a sentence: its code and the values that it is made of, for other languages. */
const Why = Type.Optional(
  Type.Unsafe<Reason>({
    type: 'object',
    properties: { code: { type: 'string' }, values: { type: 'object' } },
    required: ['code', 'values'],
    description:
      'What the sentence beside it is made of, for whoever says it in another language; not there where a person wrote it, ' +
      'or it is older than this.',
  }),
);
const HaltingSignal = (description: string) =>
  Type.Unsafe<(typeof SIGNALS)[number] | 'installation' | null>({ type: ['string', 'null'], description });
const ImageText = Type.String({ description: 'Kind and version: `agent/1.5.0`.' });

export const FleetImage = named(
  'FleetImage',
  Type.Object({
    image: ImageText,
    record: Type.Unsafe<Static<typeof imageRecordSchema>>({ type: 'object', description: 'What its build tells.' }),
    channels: Type.Array(Type.String(), { description: 'Channels that have this version now.' }),
    importedAt: Time('When it was imported.'),
    importedBy: Type.String(),
    revokedAt: TimeOrNull('When it was revoked; never offered since.'),
    revokedReason: TextOrNull('Why.'),
    children: Type.Array(Type.String(), { description: 'Images that were built on it.' }),
    missingParent: TextOrNull('What it was built on, where that is not here: its revocation would not name this one.'),
    sameBytes: Type.Array(Type.String(), { description: 'Other versions that have its bytes; revoked with it.' }),
    halts: Type.Array(
      Type.Object({
        rollout: Type.String(),
        at: TimeOrNull('When it was halted; null where that was not kept.'),
        signal: HaltingSignal('What halted it; null where no signal did: the image was revoked.'),
      }),
      { description: 'Rollouts of it that were halted, the latest first; 5 at most.' },
    ),
    devices: Count(
      'Devices that have it now, by their readings or their updater; in a list as they were counted a while ago in a large fleet.',
    ),
  }),
);
export type FleetImage = Static<typeof FleetImage>;

export const FleetImageList = named('FleetImageList', Type.Object({ images: Type.Array(ref(FleetImage)) }));
export type FleetImageList = Static<typeof FleetImageList>;

const ByKey = (description: string) =>
  Type.Unsafe<Readonly<Record<string, number>>>({
    type: 'object',
    additionalProperties: { type: 'integer' },
    description,
  });
export const StoredBundle = named(
  'StoredBundle',
  Type.Object({ sha256: Type.String({ description: 'Its name.' }), bytes: Count('Its length.') }),
);
export type StoredBundle = Static<typeof StoredBundle>;

const ByState = ByKey('How many devices are in each state.');

export const RolloutWave = named(
  'RolloutWave',
  Type.Object({
    wave: Type.Integer({ minimum: 1 }),
    state: word(WAVE_STATES),
    devices: Count('Devices of this wave alone.'),
    cumulative: Count('Devices of it and of those before.'),
    byState: ByState,
    regions: Type.Optional(ByKey('How many of its devices are in each region, by the code.')),
    boards: Type.Optional(ByKey('How many of its devices are of each board.')),
    soakUntil: TimeOrNull('When it has been watched long enough; null while it is not soaking.'),
  }),
);
export type RolloutWave = Static<typeof RolloutWave>;

export const RolloutSignal = named(
  'RolloutSignal',
  Type.Object({
    signal: word(SIGNALS),
    observed: NumberOrNull('Of the updated devices.'),
    expected: NumberOrNull('Of them, by their own past and by their neighbours.'),
    evidence: Type.Number({ description: 'That they are worse; halts at the threshold.' }),
    threshold: Type.Number(),
    devices: Count('Updated devices that were looked at.'),
    worst: Type.Array(Type.String(), { description: 'Controller ids, the worst first.' }),
    since: TimeOrNull('Since when it has been raised.'),
    /** Newest last; at most 200. */
    series: Type.Array(
      Type.Object({
        at: Time('End of the round.'),
        observed: NumberOrNull('As above.'),
        expected: NumberOrNull('As above.'),
        evidence: Type.Number(),
      }),
    ),
  }),
);
export type RolloutSignal = Static<typeof RolloutSignal>;

const rolloutFields = {
  id: Type.String(),
  image: ImageText,
  state: word(ROLLOUT_STATES),
  reason: TextOrNull('Of the state, in words.'),
  why: Why,
  since: Time('Of the state.'),
  wave: Count('The wave under way, from 1; 0 before the start.'),
  wavesTotal: Count('Waves of the plan.'),
  devices: Count('Devices of all waves.'),
  touched: Count('Devices that were ever offered the image.'),
  byState: ByState,
  createdAt: Time('When it was planned.'),
  createdBy: Type.String(),
  approvedBy: TextOrNull('Who approved it.'),
  pausedBy: TextOrNull('A person, or `gate`, which goes on by itself; null while it is not paused.'),
  startedAt: TimeOrNull('When it started.'),
  endedAt: TimeOrNull('When it ended.'),
};

export const RolloutSummary = named('RolloutSummary', Type.Object(rolloutFields));
export type RolloutSummary = Static<typeof RolloutSummary>;

export const RolloutList = named(
  'RolloutList',
  Type.Object({
    rollouts: Type.Array(ref(RolloutSummary)),
    next: TextOrNull('What to pass as `after` for older ones; null where these are the last.'),
  }),
);
export type RolloutList = Static<typeof RolloutList>;

export const Rollout = named(
  'Rollout',
  Type.Object({
    ...rolloutFields,
    plan: Type.Unsafe<Static<typeof rolloutPlanSchema>>({ type: 'object', description: 'As it was written.' }),
    waves: Type.Array(ref(RolloutWave)),
    signals: Type.Array(ref(RolloutSignal)),
    failing: Type.Object(
      {
        signal: HaltingSignal('Null where no signal did.'),
        since: TimeOrNull('Since when the signal was raised.'),
        haltedAt: TimeOrNull('When it was halted; null also where that was not kept.'),
        devices: Type.Array(Type.String(), { description: 'Controller ids; 100 at most.' }),
      },
      { description: 'What halted it.' },
    ),
    setbacks: Type.Array(
      Type.Object({
        state: word(DEVICE_STATES),
        detail: Type.String({ description: 'In words.' }),
        why: Why,
        devices: Count('Devices of which this is said.'),
        some: Type.Array(Type.String(), { description: 'Controller ids; 5 at most.' }),
      }),
      { description: 'Why devices did not come to the image, or do not leave it; the most first, 20 at most.' },
    ),
  }),
);
export type Rollout = Static<typeof Rollout>;

export const AuditEntry = named(
  'AuditEntry',
  Type.Object({
    id: Type.String(),
    at: Time('When.'),
    actor: Type.String({ description: 'A person, `gate`, `rollout`, or `device:<controller id>`.' }),
    subject: Type.String(),
    event: Type.String(),
    from: TextOrNull('State before.'),
    to: TextOrNull('State after.'),
    reason: Type.String(),
    why: Why,
  }),
);
export type AuditEntry = Static<typeof AuditEntry>;

export const AuditList = named(
  'AuditList',
  Type.Object({ entries: Type.Array(ref(AuditEntry)), next: TextOrNull('What to pass as `before` for older ones.') }),
);
export type AuditList = Static<typeof AuditList>;

export const FleetVersions = named(
  'FleetVersions',
  Type.Object({
    asOf: Time('When they were counted.'),
    regions: Type.Array(
      Type.Object({
        region: Type.String(),
        versions: Type.Array(Type.Object({ version: Type.String(), devices: Count('Devices.') })),
      }),
      { description: "The agent's version that the devices' readings tell; `unknown` where they tell none." },
    ),
  }),
);
export type FleetVersions = Static<typeof FleetVersions>;

export const FleetDevice = named(
  'FleetDevice',
  Type.Object({
    controllerId: Type.String(),
    imsi: TextOrNull('The SIM that it polled with last.'),
    imsiProved: Type.Boolean({ description: "By Beam's signature; otherwise its updater claims it." }),
    region: TextOrNull('By its readings.'),
    board: TextOrNull("RAUC's `compatible`."),
    channel: Type.String(),
    tags: Type.Array(Type.String()),
    timeZone: Type.String(),
    agentVersion: TextOrNull('By its readings, or else by its updater.'),
    systemVersion: TextOrNull('Likewise.'),
    firstPoll: TimeOrNull('When its updater first asked; null where it has not.'),
    lastPoll: TimeOrNull('When its updater last asked.'),
    lastSeen: TimeOrNull('When its readings last came.'),
    rollouts: Type.Array(
      Type.Object({
        rollout: Type.String(),
        wave: Type.Integer(),
        state: word(DEVICE_STATES),
        since: Time('Of the state.'),
        detail: TextOrNull('In words.'),
        why: Why,
        previousVersion: TextOrNull('What it comes back to.'),
      }),
    ),
    actions: Type.Array(
      Type.Object({
        id: Type.String(),
        rollout: Type.String(),
        purpose: word(['update', 'rollback']),
        image: ImageText,
        state: word(['open', 'canceling', 'closed']),
        outcome: TextOrNull('success, failure or cancelled.'),
        progress: TextOrNull('What its updater said last.'),
        createdAt: Time('When it was offered.'),
        closedAt: TimeOrNull('When it was done.'),
        detail: TextOrNull("The updater's last words."),
      }),
      { description: 'The newest first; 50 at most.' },
    ),
    history: Type.Array(ref(AuditEntry), {
      description: 'What happened to it outside of rollouts, such as to its SIM; the newest first, 20 at most.',
    }),
    token: Type.Optional(Type.String({ description: 'Its new target token, told this once.' })),
  }),
);
export type FleetDevice = Static<typeof FleetDevice>;

/** Those that routes name. */
export const FLEET_SHAPES = [
  FleetImage,
  FleetImageList,
  StoredBundle,
  RolloutWave,
  RolloutSignal,
  RolloutSummary,
  RolloutList,
  Rollout,
  AuditEntry,
  AuditList,
  FleetVersions,
  FleetDevice,
];

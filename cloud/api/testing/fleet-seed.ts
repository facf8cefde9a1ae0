import type { ImageRecord } from '@tashika/shared/image';
import { audit } from '../../fleet/audit.ts';
import type { SignalStanding } from '../../fleet/gate/index.ts';
import { type Reason, told } from '../../fleet/reason/index.ts';
import type { RolloutPlan, RolloutState } from '../../fleet/rollout/index.ts';
import type { Queryable } from '../../store/index.ts';

/** Rows of a fleet as registry and coordinator would write them, for tests of what reads them. */

const TENANT = 'tashika';
const THRESHOLD = 700;

/** States of devices that were never offered the image. */
const UNTOUCHED: readonly string[] = ['waiting', 'skipped'];

export interface ImageSeed {
  readonly version: string;
  readonly kind?: 'agent' | 'system';
  readonly at: string;
  readonly parent?: ImageRecord['parent'];
  readonly scan?: ImageRecord['scan'];
  readonly channels?: readonly string[];
  readonly revoked?: { readonly at: string; readonly reason: string };
  /** The version of the same kind whose bytes it has, where that is not its own. */
  readonly bytesOf?: string;
}

export async function addFleetImage(store: Queryable, seed: ImageSeed): Promise<void> {
  const { kind = 'agent', version, at, parent = null, channels = [], revoked, bytesOf = version } = seed;
  const sha256 = Buffer.from(`${kind}/${bytesOf}`).toString('hex').padEnd(64, '0').slice(0, 64);
  const record: ImageRecord = {
    ...{ v: 1, kind, version, parent, commit: '0'.repeat(40), builtAt: at, boards: ['tashika-rpi4', 'tashika-cm4'] },
    bundle: {
      ...{ filename: `tashika-${kind}-${version}.raucb`, bytes: kind === 'agent' ? 8_412_000 : 312_400_000 },
      ...{ sha256, sha1: '0'.repeat(40), md5: '0'.repeat(32) },
      ...{ signer: 'O=Tashika, CN=release 2026', signerSha256: '1'.repeat(64) },
    },
    ...{ packages: 212, sbomSha256: '2'.repeat(64), approvedBy: 'tanaka' },
    scan: seed.scan ?? { status: 'not scanned', reason: 'No advisories were at hand.' },
  };
  await store.query(
    `INSERT INTO image (kind, version, sha256, record, sbom, imported_at, imported_by, revoked_at, revoked_by, revoked_reason)
     VALUES ($1, $2, $3, $4::jsonb, '{}', $5, 'sato', $6, $7, $8)`,
    [
      kind,
      version,
      sha256,
      JSON.stringify(record),
      at,
      revoked?.at ?? null,
      revoked ? 'sato' : null,
      revoked?.reason ?? null,
    ],
  );
  for (const channel of channels)
    await store.query(
      `INSERT INTO image_channel (kind, channel, version, promoted_at, promoted_by) VALUES ($1, $2, $3, $4, 'sato')`,
      [kind, channel, version, at],
    );
}

export interface WaveSeed {
  /** How many devices of the wave are in each state. */
  readonly byState: Readonly<Record<string, number>>;
}

export interface RolloutSeed {
  readonly id: string;
  readonly version: string;
  readonly state: RolloutState;
  readonly at: string;
  readonly wave?: number;
  readonly waveSince?: string | null;
  readonly why?: Reason;
  readonly failing?: {
    readonly signal: string | null;
    readonly since: number | null;
    readonly haltedAt?: number;
    readonly devices: readonly string[];
  };
  readonly plan?: Partial<RolloutPlan>;
  readonly waves: readonly WaveSeed[];
  /** What is kept of devices in a state. */
  readonly whys?: Readonly<Record<string, Reason>>;
  /** Regions that the devices are spread over in turn. */
  readonly regions?: readonly string[];
}

/** The rollout and its devices, `<id>-1` and on in the order of the waves. */
export async function addRollout(store: Queryable, seed: RolloutSeed): Promise<void> {
  const { id, version, state, at, wave = 0, waveSince = null, why, failing, waves } = seed;
  const sizes = waves.map(({ byState }) => Object.values(byState).reduce((sum, each) => sum + each, 0));
  const plan: RolloutPlan = {
    ...{ id, image: `agent/${version}`, target: {}, soakMinutes: 480, mostInParallel: 200, deviceTimeoutMinutes: 1440 },
    waves: sizes.map((_, index) => ({ devices: sizes.slice(0, index + 1).reduce((sum, each) => sum + each, 0) })),
    ...{ requireApproval: false, gate: { falseHalts: 0.01, leastDevices: 1, mostFailed: 0.2 } },
    ...seed.plan,
  };
  await store.query(
    `INSERT INTO rollout (id, tenant, kind, version, plan, state, wave, wave_since, reason, why, since,
                          failing, created_at, created_by, started_at)
     VALUES ($1, $2, 'agent', $3, $4::jsonb, $5, $6, $7, $8, $9::jsonb, $10, $11::jsonb, $10, 'sato', $12)`,
    [
      ...[id, TENANT, version, JSON.stringify(plan), state, wave, waveSince],
      ...[why ? told(why).reason : null, why ? JSON.stringify(why) : null, at],
      ...[failing ? JSON.stringify(failing) : null, wave > 0 ? at : null],
    ],
  );
  const regions = seed.regions ?? ['13'];
  const devices = waves.flatMap(({ byState }, index) =>
    Object.entries(byState).flatMap(([deviceState, count]) =>
      Array.from({ length: count }, () => [deviceState, index + 1] as const),
    ),
  );
  const rows = devices.map(([deviceState, inWave], index) => ({
    ...{ controller_id: `${id}-${index + 1}`, wave: inWave, place: index, state: deviceState },
    region: regions[index % regions.length],
    action_id: UNTOUCHED.includes(deviceState) ? null : index + 1,
    detail: seed.whys?.[deviceState] && told(seed.whys[deviceState]).reason,
    why: seed.whys?.[deviceState],
  }));
  await store.query(
    `INSERT INTO fleet_device (tenant, controller_id, board, first_poll, last_poll)
     SELECT $1, controller_id, 'tashika-rpi4', $3, $3 FROM jsonb_to_recordset($2::jsonb) AS device (controller_id text)`,
    [TENANT, JSON.stringify(rows), at],
  );
  await store.query(
    `INSERT INTO rollout_device (rollout_id, controller_id, wave, place, region, board, state, since,
                                 previous_version, action_id, detail, why)
     SELECT $1, controller_id, wave, place, region, 'tashika-rpi4', state, $3, '1.4.0', action_id, detail, why
       FROM jsonb_to_recordset($2::jsonb) AS device (controller_id text, wave integer, place integer, region text,
            state text, action_id bigint, detail text, why jsonb)`,
    [id, JSON.stringify(rows), at],
  );
  await audit(store, {
    ...{ at: Date.parse(at), actor: 'sato', subject: `rollout:${id}`, rolloutId: id },
    ...{ event: 'planned', to: state },
    ...told({
      code: 'planned',
      values: { image: `agent/${version}`, devices: rows.length, waves: waves.length, leftOut: 0, haveIt: 0 },
    }),
  });
}

/** Moves `count` devices of a wave from one state to another, as steps of the coordinator would. */
export async function moveDevices(
  store: Queryable,
  move: {
    readonly id: string;
    readonly wave: number;
    readonly from: string;
    readonly to: string;
    readonly count: number;
  },
): Promise<void> {
  await store.query(
    `UPDATE rollout_device SET state = $4, action_id = place + 1 WHERE rollout_id = $1 AND controller_id IN (
       SELECT controller_id FROM rollout_device WHERE rollout_id = $1 AND wave = $2 AND state = $3 ORDER BY place LIMIT $5)`,
    [move.id, move.wave, move.from, move.to, move.count],
  );
  await store.query('UPDATE rollout SET revision = revision + 1 WHERE id = $1', [move.id]);
}

export interface SignalSeed extends Pick<SignalStanding, 'signal' | 'since' | 'worst'> {
  /** The newest last. */
  readonly rounds: readonly {
    readonly at: string;
    readonly observed: number;
    readonly expected: number;
    readonly evidence: number;
  }[];
}

/** What the gate saw of a rollout, round by round. */
export async function setSignals(store: Queryable, id: string, signals: readonly SignalSeed[]): Promise<void> {
  const standing = signals.map(({ signal, since, worst, rounds }) => {
    const { observed, expected, evidence } = rounds.at(-1)!;
    return { signal, observed, expected, evidence, threshold: THRESHOLD, devices: 10, worst, since };
  });
  await store.query('UPDATE rollout SET signals = $2::jsonb WHERE id = $1', [id, JSON.stringify(standing)]);
  const rows = signals.flatMap(({ signal, rounds }) => rounds.map((each, round) => ({ signal, round, ...each })));
  await store.query(
    `INSERT INTO fleet_signal (rollout_id, round, at, signal, observed, expected, evidence, threshold, devices)
     SELECT $1, round, at, signal, observed, expected, evidence, $3, 10 FROM jsonb_to_recordset($2::jsonb)
         AS told (round bigint, at timestamptz, signal text, observed float8, expected float8, evidence float8)`,
    [id, JSON.stringify(rows), THRESHOLD],
  );
}

/** Devices whose readings tell a version: `devices` of each row are in its region. Their updaters have asked, as `dev-1` and on. */
export async function addTellingDevices(
  store: Queryable,
  rows: readonly { readonly region: string; readonly version: string; readonly devices: number }[],
  at: string,
): Promise<void> {
  await store.query(
    `INSERT INTO device (imsi, imei, region, last_seen, last_values, clock, posts)
     SELECT '44010' || lpad((row_number() OVER ())::text, 10, '0'), NULL, region, $2::timestamptz,
            jsonb_build_object('agent/version', jsonb_build_object('value', version, 'unit', '', 'time', $2::timestamptz)), 'synced', 1
       FROM jsonb_to_recordset($1::jsonb) AS told (region text, version text, devices integer),
            generate_series(1, told.devices)`,
    [JSON.stringify(rows), at],
  );
  await store.query(
    `INSERT INTO fleet_device (tenant, controller_id, imsi, board, first_poll, last_poll)
     SELECT $1, 'dev-' || row_number() OVER (ORDER BY imsi), imsi, 'tashika-rpi4', $2, $2 FROM device`,
    [TENANT, at],
  );
}

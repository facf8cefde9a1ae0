import { TashikaError } from '@tashika/shared/errors';
import { VERSION_PATTERN } from '@tashika/shared/image';
import type { Timestamp } from '@tashika/shared/time';
import Type, { type Static } from 'typebox';
import { storable } from '../../ingest/index.ts';
import type { Queryable, Store } from '../../store/index.ts';
import { audit } from '../audit.ts';
import { loseSim } from './admission.ts';
import { isTimeZone } from './maintenance.ts';
import { notifyAction } from './standing.ts';

/** What an updater tells of its device: hawkBit's "attributes". */
export const configDataSchema = Type.Object({
  mode: Type.Optional(
    Type.Unsafe<'merge' | 'replace' | 'remove'>({ type: 'string', enum: ['merge', 'replace', 'remove'] }),
  ),
  data: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()]), {
    description: 'Attributes. `board`, `agentVersion`, `systemVersion`, `timeZone` and `imsi` are understood.',
  }),
});
export type ConfigData = Static<typeof configDataSchema>;

const MOST_ATTRIBUTES = 64;
const LONGEST_NAME = 64;
const LONGEST_VALUE = 256;

/** What is understood of the attributes, and may look like what. */
const UNDERSTOOD: Readonly<Record<string, { readonly fits: (value: string) => boolean; readonly rule: string }>> = {
  board: {
    fits: (value) => /^[A-Za-z0-9._-]{1,64}$/.test(value),
    rule: "RAUC's compatible: up to 64 letters, digits, `.`, `_` and `-`",
  },
  agentVersion: { fits: isVersion, rule: 'a version' },
  systemVersion: { fits: isVersion, rule: 'a version' },
  timeZone: { fits: isTimeZone, rule: 'a time zone, such as Asia/Tokyo' },
  imsi: { fits: (value) => /^\d{6,15}$/.test(value), rule: '6 to 15 digits' },
};

function isVersion(value: string): boolean {
  return new RegExp(VERSION_PATTERN).test(value);
}

interface DeviceRow {
  readonly tenant: string;
  readonly controller_id: string;
  readonly imsi: string | null;
  readonly imsi_proved: boolean;
  readonly attributes: Readonly<Record<string, string>>;
  readonly last_poll: Date;
}

/**
 * Takes what an updater tells of its device. An IMSI among it is a claim: it is taken where no SIM was proved, and never
 * takes one from the device that it was proved for.
 *
 * @throws TashikaError BAD_REQUEST, naming the attribute; then nothing of it is taken
 */
export async function takeConfigData(
  store: Store,
  { tenant, controllerId, now }: { readonly tenant: string; readonly controllerId: string; readonly now: Timestamp },
  { mode = 'merge', data }: ConfigData,
): Promise<void> {
  const told = new Map(Object.entries(data).map(([name, value]) => [name, String(value)]));
  for (const [name, value] of told) requireFitting(name, value, mode);
  await store.transaction(async (transaction) => {
    const claimed = mode === 'remove' ? undefined : told.get('imsi');
    const rows = await transaction.query<DeviceRow>(
      `SELECT tenant, controller_id, imsi, imsi_proved, attributes, last_poll FROM fleet_device
        WHERE (tenant = $1 AND controller_id = $2) OR imsi = $3 ORDER BY tenant, controller_id FOR UPDATE`,
      [tenant, controllerId, claimed ?? null],
    );
    const own = rows.find((row) => row.tenant === tenant && row.controller_id === controllerId);
    if (!own) throw new TashikaError('NOT_FOUND', `${controllerId} is not known.`);
    const attributes = attributesAfter(own.attributes, told, mode);
    const of = (name: string) => attributes[name] ?? null;
    await transaction.query(
      `UPDATE fleet_device SET attributes = $3::jsonb, attributes_at = $4, board = $5, agent_version = $6,
                               system_version = $7, time_zone = coalesce($8, time_zone)
        WHERE tenant = $1 AND controller_id = $2`,
      [
        ...[tenant, controllerId, JSON.stringify(attributes), new Date(now)],
        ...[of('board'), of('agentVersion'), of('systemVersion')],
        told.has('timeZone') && mode !== 'remove' ? of('timeZone') : null,
      ],
    );
    if (claimed !== undefined && !own.imsi_proved && own.imsi !== claimed)
      await claimSim(
        transaction,
        own,
        rows.find((row) => row !== own),
        claimed,
        now,
      );
    await notifyAction(transaction, tenant, controllerId);
  });
}

async function claimSim(
  transaction: Queryable,
  own: DeviceRow,
  holder: DeviceRow | undefined,
  imsi: string,
  now: Timestamp,
): Promise<void> {
  if (holder?.imsi_proved) return; // the attribute says what was claimed; the SIM is another's
  const { tenant, controller_id: controllerId, imsi: former } = own;
  if (holder) await loseSim(transaction, holder, { controllerId, imsi, now });
  await transaction.query('UPDATE fleet_device SET imsi = $3 WHERE tenant = $1 AND controller_id = $2', [
    ...[tenant, controllerId, imsi],
  ]);
  await audit(transaction, {
    at: now,
    actor: `device:${controllerId}`,
    subject: `device:${controllerId}`,
    event: former === null ? 'sim-claimed' : 'sim-changed',
    from: former,
    to: imsi,
    reason: `Its updater says that it has the SIM ${imsi}; no signature proves it.`,
  });
}

function attributesAfter(
  before: Readonly<Record<string, string>>,
  told: ReadonlyMap<string, string>,
  mode: 'merge' | 'replace' | 'remove',
): Readonly<Record<string, string>> {
  const after = new Map(mode === 'replace' ? [] : Object.entries(before));
  for (const [name, value] of told) {
    if (mode === 'remove') after.delete(name);
    else after.set(name, storable(value, LONGEST_VALUE));
  }
  if (after.size > MOST_ATTRIBUTES)
    throw new TashikaError('BAD_REQUEST', `A device may tell ${MOST_ATTRIBUTES} attributes; these are ${after.size}.`);
  return Object.fromEntries(after);
}

function requireFitting(name: string, value: string, mode: string): void {
  const shown = storable(name, LONGEST_NAME);
  if (name === '' || shown !== name)
    throw new TashikaError(
      'BAD_REQUEST',
      `An attribute's name has 1 to ${LONGEST_NAME} characters, unlike "${shown}".`,
    );
  if (value.length > LONGEST_VALUE)
    throw new TashikaError('BAD_REQUEST', `The attribute ${name} has more than ${LONGEST_VALUE} characters.`);
  const understood = Object.hasOwn(UNDERSTOOD, name) ? UNDERSTOOD[name] : undefined;
  if (mode !== 'remove' && understood && !understood.fits(value))
    throw new TashikaError('BAD_REQUEST', `The attribute ${name} is not ${understood.rule}.`);
}

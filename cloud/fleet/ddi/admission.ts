import { TashikaError } from '@tashika/shared/errors';
import type { Duration, Timestamp } from '@tashika/shared/time';
import { STEERING_READINGS } from '../../config/fleet.ts';
import type { Queryable, Store } from '../../store/index.ts';
import { audit } from '../audit.ts';
import { type Credentials, sameHash } from './credentials.ts';
import { notifyAction, type Standing } from './standing.ts';

/** A hash that no token has: comparing against it takes as long as against another. */
const NO_TOKEN = '0'.repeat(64);

/**
 * Whether a request may speak for the device that it names. With the gateway token: for any. With a device's own: for
 * that one. By Beam's signature alone: for the controller id that this SIM has, or for one that nobody has a better
 * claim to, which `bindSim` decides; a device with a token of its own must show it when it comes by another SIM.
 *
 * @returns undefined, or a sentence that says why not
 */
export function refusalOf(
  { gateway, tokenSha256, imsi }: Credentials,
  standing: Standing | undefined,
): string | undefined {
  if (gateway) return undefined;
  const known = standing?.tokenSha256 ?? undefined;
  if (tokenSha256 !== undefined) {
    const right = sameHash(tokenSha256, known ?? NO_TOKEN);
    return right && known !== undefined ? undefined : "The target token is not this device's.";
  }
  if (known !== undefined && !(standing?.imsiProved && standing.imsi === imsi))
    return 'This device has a token of its own, and comes by another SIM than before: it must come with its token.';
  return undefined;
}

interface DeviceRow {
  readonly controller_id: string;
  readonly tenant: string;
  readonly imsi: string | null;
  readonly imsi_proved: boolean;
  readonly last_poll: Date;
}

export interface Binding {
  readonly tenant: string;
  readonly controllerId: string;
  readonly imsi: string;
  /**
   * What it came with beside the signature. With the device's own token it is the device, whatever SIM it had; with the
   * gateway token it may speak for one whose SIM is not proved.
   */
  readonly token: 'own' | 'gateway' | undefined;
  /**
   * A SIM that asked under one name within this time keeps it, and a name its SIM: two devices with one name, or one SIM
   * that tries names, come to nothing but refusals.
   */
  readonly quietMs: Duration;
  /** When a device asked last, where that is not written yet. */
  readonly polledAt: (controllerId: string) => Timestamp | undefined;
  readonly now: Timestamp;
}

/**
 * Notes that a SIM, proved by Beam's signature, is in the device that calls itself `controllerId`: makes its row, or
 * moves the SIM to it. Whatever had the SIM before has none then, and each change is on record.
 *
 * @throws TashikaError CONTROLLER_TAKEN while the former binding is alive
 */
export async function bindSim(store: Store, binding: Binding): Promise<void> {
  try {
    await bindOnce(store, binding);
  } catch (error) {
    // Two that have no row yet can't lock each other out; the one that came second sees the other's row now.
    if ((error as { code?: unknown }).code !== UNIQUE_VIOLATION) throw error;
    await bindOnce(store, binding);
  }
}

const UNIQUE_VIOLATION = '23505';

function bindOnce(store: Store, binding: Binding): Promise<void> {
  const { tenant, controllerId, imsi, token, now } = binding;
  return store.transaction(async (transaction) => {
    const rows = await lockDevices(transaction, binding);
    const own = rows.find((row) => row.tenant === tenant && row.controller_id === controllerId);
    const holder = rows.find((row) => row !== own && row.imsi === imsi);
    if (own?.imsi === imsi && own.imsi_proved) return;
    if (holder?.imsi_proved) refuseWhileAlive(holder, binding, `The SIM ${imsi} asked as ${holder.controller_id}`);
    if (own && own.imsi !== imsi && token !== 'own' && (own.imsi_proved || token !== 'gateway'))
      refuseWhileAlive(
        own,
        binding,
        `${controllerId} asked ${own.imsi_proved ? 'by another SIM' : 'without this SIM'}`,
      );
    if (holder) await loseSim(transaction, holder, binding);
    await transaction.query(
      `INSERT INTO fleet_device (tenant, controller_id, imsi, imsi_proved, first_poll, last_poll)
       VALUES ($1, $2, $3, true, $4, $4)
       ON CONFLICT (tenant, controller_id) DO UPDATE SET imsi = excluded.imsi, imsi_proved = true`,
      [tenant, controllerId, imsi, new Date(now)],
    );
    const former = own?.imsi ?? null;
    const changed = former !== null && former !== imsi;
    await audit(transaction, {
      at: now,
      actor: `device:${controllerId}`,
      subject: `device:${controllerId}`,
      event: own ? (changed ? 'sim-changed' : 'sim-proved') : 'registered',
      from: former,
      to: imsi,
      reason: changed
        ? `It came by the SIM ${imsi}, and by ${former} before.`
        : `It came by the SIM ${imsi}, which Beam's signature proves.`,
    });
    await notifyAction(transaction, tenant, controllerId);
  });
}

/** Notes a device that came with the gateway token, and is not known. */
export async function register(
  store: Store,
  { tenant, controllerId, now }: Pick<Binding, 'tenant' | 'controllerId' | 'now'>,
): Promise<void> {
  await store.transaction(async (transaction) => {
    const made = await transaction.query(
      `INSERT INTO fleet_device (tenant, controller_id, first_poll, last_poll) VALUES ($1, $2, $3, $3)
       ON CONFLICT (tenant, controller_id) DO NOTHING RETURNING true`,
      [tenant, controllerId, new Date(now)],
    );
    if (made.length === 0) return;
    const subject = `device:${controllerId}`;
    const reason = 'It came with the gateway token.';
    await audit(transaction, { at: now, actor: subject, subject, event: 'registered', reason });
    await notifyAction(transaction, tenant, controllerId);
  });
}

/** In the order of their keys, as all who lock several of them do. */
function lockDevices(transaction: Queryable, { tenant, controllerId, imsi }: Binding): Promise<DeviceRow[]> {
  return transaction.query<DeviceRow>(
    `SELECT tenant, controller_id, imsi, imsi_proved, last_poll FROM fleet_device
      WHERE (tenant = $1 AND controller_id = $2) OR imsi = $3 ORDER BY tenant, controller_id FOR UPDATE`,
    [tenant, controllerId, imsi],
  );
}

function refuseWhileAlive(row: DeviceRow, { tenant, quietMs, polledAt, now }: Binding, what: string): void {
  const unwritten = row.tenant === tenant ? polledAt(row.controller_id) : undefined;
  const silentMs = now - Math.max(row.last_poll.getTime(), unwritten ?? 0);
  if (silentMs >= quietMs) return;
  const [ago, quiet] = [silentMs, quietMs].map((ms) => Math.max(0, Math.round(ms / 1_000)));
  throw new TashikaError(
    'CONTROLLER_TAKEN',
    `${what} ${ago} s ago. If the SIM was moved to another device, it is believed once the former one has been silent for ${quiet} s.`,
  );
}

/**
 * Takes the SIM from a device that it is no longer in. What the agent there told of itself until that device asked last goes
 * with it: it would count for the device that the SIM is in now, as an update that it never had.
 */
export async function loseSim(
  transaction: Queryable,
  holder: Pick<DeviceRow, 'tenant' | 'controller_id' | 'last_poll'>,
  { controllerId, imsi, now }: Pick<Binding, 'controllerId' | 'imsi' | 'now'>,
): Promise<void> {
  await transaction.query(
    'UPDATE fleet_device SET imsi = NULL, imsi_proved = false WHERE tenant = $1 AND controller_id = $2',
    [holder.tenant, holder.controller_id],
  );
  await transaction.query(
    `UPDATE device SET last_values = last_values - ARRAY(
            SELECT name FROM unnest($2::text[]) AS told (name)
             WHERE (last_values -> name ->> 'time')::timestamptz <= $3)
      WHERE imsi = $1`,
    [imsi, [...STEERING_READINGS], holder.last_poll],
  );
  await audit(transaction, {
    at: now,
    actor: `device:${controllerId}`,
    subject: `device:${holder.controller_id}`,
    event: 'sim-lost',
    from: imsi,
    to: null,
    reason: `The SIM ${imsi} is in ${controllerId} now.`,
  });
  await notifyAction(transaction, holder.tenant, holder.controller_id);
}

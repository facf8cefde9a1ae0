import { randomBytes } from 'node:crypto';
import type { Timestamp } from '@tashika/shared/time';
import type { Store } from '../../store/index.ts';
import { audit } from '../audit.ts';
import { sha256Of } from './credentials.ts';
import { notifyAction } from './standing.ts';

/** What a person says of a device; what is left out stays as it is. */
export interface DeviceSettings {
  readonly channel?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly timeZone?: string | undefined;
  /** True makes it a new target token, false takes its token away. */
  readonly token?: boolean | undefined;
}

const TOKEN_BYTES = 32;

/**
 * Sets what a device follows and is known by, on record. One that has never asked is made known by it, so that it can
 * come with its token.
 *
 * @returns the new token where one was asked for; only its hash is kept
 */
export async function setDevice(
  store: Store,
  device: { readonly tenant: string; readonly controllerId: string },
  settings: DeviceSettings,
  { by, now }: { readonly by: string; readonly now: Timestamp },
): Promise<string | undefined> {
  const { tenant, controllerId } = device;
  const { channel, timeZone, token } = settings;
  const tags = settings.tags && [...new Set(settings.tags)].sort();
  const made = token ? randomBytes(TOKEN_BYTES).toString('base64url') : undefined;
  const hash = made === undefined ? null : sha256Of(made);
  await store.transaction(async (transaction) => {
    await transaction.query(
      `INSERT INTO fleet_device (tenant, controller_id, first_poll, last_poll) VALUES ($1, $2, 'epoch', 'epoch')
       ON CONFLICT (tenant, controller_id) DO NOTHING`,
      [tenant, controllerId],
    );
    await transaction.query(
      `UPDATE fleet_device
          SET channel = coalesce($3, channel), tags = coalesce($4::text[], tags), time_zone = coalesce($5, time_zone),
              token_sha256 = CASE WHEN $6::boolean THEN $7 ELSE token_sha256 END
        WHERE tenant = $1 AND controller_id = $2`,
      [...[tenant, controllerId, channel ?? null, tags ?? null, timeZone ?? null], ...[token !== undefined, hash]],
    );
    await audit(transaction, {
      at: now,
      actor: by,
      subject: `device:${controllerId}`,
      event: 'set',
      reason: wordsOf({ channel, tags, timeZone, token }),
    });
    await notifyAction(transaction, tenant, controllerId);
  });
  return made;
}

function wordsOf({ channel, tags, timeZone, token }: DeviceSettings): string {
  const words = [
    channel !== undefined && `channel ${channel}`,
    tags && `tags ${tags.length === 0 ? 'none' : tags.join(', ')}`,
    timeZone !== undefined && `time zone ${timeZone}`,
    token !== undefined && (token ? 'a new target token' : 'no target token'),
  ].filter(Boolean);
  return words.length === 0 ? 'Nothing but that it is known.' : words.join('; ');
}

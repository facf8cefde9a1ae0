import { TashikaError } from '@tashika/shared/errors';
import { formatImageName, type ImageName, type ImageRecord } from '@tashika/shared/image';
import type { Timestamp } from '@tashika/shared/time';
import { storable } from '../../ingest/text.ts';
import type { Queryable, Store } from '../../store/index.ts';
import { audit } from '../audit.ts';
import { notifyAllActions } from '../ddi/index.ts';

/**
 * One file is one image. Two versions of the same bytes would be told apart by nobody: a device that has the one says so of
 * the other, and what was taken back by one name would be offered by the other.
 */

/** What a person's words may take in the table. */
const LONGEST = 2_000;

/** An image as its bytes are looked at. */
interface Twin extends ImageName {
  readonly revoked: boolean;
  readonly revoked_by: string | null;
  readonly reason: string | null;
}

/** How an image is taken back. */
export interface Revocation {
  readonly reason: string;
  readonly by: string;
  readonly at: Timestamp;
}

/**
 * Sees that no other version has a bundle; until the transaction ends, no other gets it.
 *
 * @throws TashikaError IMAGE_REVOKED, BUNDLE_TAKEN
 */
export async function requireOwnBytes(transaction: Queryable, record: ImageRecord): Promise<void> {
  const { sha256 } = record.bundle;
  // Imports of the same bytes take turns: neither would see the other.
  await transaction.query("SELECT pg_advisory_xact_lock(hashtextextended('image ' || $1, 0))", [sha256]);
  const name = formatImageName(record);
  const others = (await lockTwins(transaction, sha256)).filter((other) => formatImageName(other) !== name);
  const revoked = others.find((other) => other.revoked);
  if (revoked)
    throw new TashikaError(
      'IMAGE_REVOKED',
      `${name} has the bytes of ${formatImageName(revoked)}, which is revoked: ${reasonOf(revoked)}`,
    );
  const [other] = others;
  if (other)
    throw new TashikaError(
      'BUNDLE_TAKEN',
      `${name} has the bytes of ${formatImageName(other)}, which was imported before: roll that one out, or build ${name} anew, so that its bundle has its own version in it.`,
    );
}

/**
 * Takes an image back, and with it whatever has its bytes under another version. One that is revoked stays as it was
 * revoked. False where there is no such image.
 */
export async function revokeBytes(transaction: Queryable, name: ImageName, revocation: Revocation): Promise<boolean> {
  const [image] = await transaction.query<{ sha256: string }>(
    'SELECT sha256 FROM image WHERE kind = $1 AND version = $2',
    [name.kind, name.version],
  );
  if (!image) return false;
  const twins = await lockTwins(transaction, image.sha256);
  const own = twins.find((twin) => formatImageName(twin) === formatImageName(name))!;
  if (!own.revoked) await revokeOne(transaction, own, revocation);
  const reason = own.revoked ? reasonOf(own) : revocation.reason;
  for (const twin of twins)
    if (twin !== own && !twin.revoked)
      await revokeOne(transaction, twin, {
        ...revocation,
        reason: `It has the bytes of ${formatImageName(own)}, which is revoked: ${reason}`,
      });
  return true;
}

/**
 * Takes back what has the bytes of a revoked image under another version, which no import lets in, but a store may have. In
 * the name of who revoked that. Answers what it took back.
 */
export async function revokeTwins(store: Store, at: Timestamp): Promise<readonly string[]> {
  const found = await store.query<ImageName & { twin: string; by: string | null }>(
    `SELECT image.kind, image.version, image.revoked_by AS by, twin.kind || '/' || twin.version AS twin
       FROM image JOIN image AS twin USING (sha256)
      WHERE image.revoked_at IS NOT NULL AND twin.revoked_at IS NULL ORDER BY 1, 2`,
  );
  for (const { by, kind, version } of found)
    await store.transaction((transaction) =>
      revokeBytes(transaction, { kind, version }, { reason: '', by: by ?? 'nobody', at }),
    );
  return [...new Set(found.map(({ twin }) => twin))];
}

async function revokeOne(transaction: Queryable, name: ImageName, { reason, by, at }: Revocation): Promise<void> {
  await transaction.query(
    'UPDATE image SET revoked_at = $3, revoked_by = $4, revoked_reason = $5 WHERE kind = $1 AND version = $2',
    [name.kind, name.version, new Date(at), storable(by, LONGEST), storable(reason, LONGEST)],
  );
  await audit(transaction, {
    ...{ at, actor: by, subject: `image:${formatImageName(name)}`, event: 'revoked', to: 'revoked', reason },
  });
  const left = await transaction.query<{ channel: string }>(
    'DELETE FROM image_channel WHERE kind = $1 AND version = $2 RETURNING channel',
    [name.kind, name.version],
  );
  for (const { channel } of left)
    await audit(transaction, {
      ...{ at, actor: by, subject: `channel:${name.kind}/${channel}`, event: 'emptied', from: name.version },
      reason: `${formatImageName(name)} was revoked: ${reason}`,
    });
  await notifyAllActions(transaction);
}

/** In one order for all, so that nobody waits for who waits for him. */
function lockTwins(transaction: Queryable, sha256: string): Promise<Twin[]> {
  return transaction.query<Twin & Record<string, unknown>>(
    `SELECT kind, version, revoked_at IS NOT NULL AS revoked, revoked_by, revoked_reason AS reason FROM image
      WHERE sha256 = $1 ORDER BY kind, version FOR UPDATE`,
    [sha256],
  );
}

function reasonOf({ reason }: Twin): string {
  return reason ?? 'no reason is given';
}

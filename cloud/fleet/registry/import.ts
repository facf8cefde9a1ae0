import { createHash } from 'node:crypto';
import { isTashikaError, TashikaError } from '@tashika/shared/errors';
import { formatImageName, type ImageRecord } from '@tashika/shared/image';
import { storable } from '../../ingest/text.ts';
import type { Queryable } from '../../store/index.ts';
import { audit } from '../audit.ts';
import { differences, type Fault, faultOfBundle, readCandidate } from './candidate.ts';
import { type RegisteredImage, readImages } from './images.ts';
import { keyringIn } from './keyring.ts';
import type { RegistryParts } from './registry.ts';
import { requireOwnBytes } from './same-bytes.ts';
import { type VerifiedBundle, verifyBundle } from './signature/index.ts';

export interface ImportWish {
  readonly record: unknown;
  readonly sbom: string;
  readonly by: string;
}

export interface ImportAnswer {
  /** False where it was there already. */
  readonly imported: boolean;
  readonly image: RegisteredImage;
}

/** What was sent is wrong in itself; `part` says which field. */
export class ImportFault extends TashikaError {
  readonly part: Fault['part'];

  constructor({ part, sentence }: Fault) {
    super('BAD_REQUEST', sentence);
    this.part = part;
  }
}

/**
 * Takes an image in: its record must be one, its package list and its bundle those that the record speaks of, and the
 * bundle signed under the keyring. Nothing is changed where one of it is not so. Of an image that is there already the
 * bundle is looked at again: one that was damaged goes, so that it can be sent anew.
 *
 * @throws ImportFault for record and package list; TashikaError BUNDLE_MISSING, BUNDLE_REFUSED, KEYRING_UNREADABLE,
 *   IMAGE_DIFFERS where the version is there with other bytes or another record, BUNDLE_TAKEN where another version has
 *   these bytes, IMAGE_REVOKED where that is revoked besides, and those of the bundle store
 */
export async function importImage(parts: RegistryParts, wish: ImportWish): Promise<ImportAnswer> {
  const { store, clock, bundles } = parts;
  const record = readCandidate(wish.record, wish.sbom);
  if ('part' in record) throw new ImportFault(record);
  const before = await findSame(store, record);
  if (before) {
    // Of a revoked one nothing is given out any more, and its bundle may be gone.
    if (before.revokedAt === null) await requireWhole(parts, record);
    return { imported: false, image: before };
  }
  const fault = faultOfBundle(record, await verified(parts, record));
  if (fault) throw new ImportFault(fault);
  // Whoever takes away what no image names leaves it alone from here on.
  if (!(await bundles.keep(record.bundle.sha256))) throw missing(record);
  const imported = await store.transaction(async (transaction) => {
    await requireOwnBytes(transaction, record);
    const at = clock.now();
    const [added] = await transaction.query(
      `INSERT INTO image (kind, version, sha256, record, sbom, imported_at, imported_by)
       VALUES ($1, $2, $3, $4::jsonb, $5, $6, $7) ON CONFLICT (kind, version) DO NOTHING RETURNING version`,
      [
        record.kind,
        record.version,
        record.bundle.sha256,
        JSON.stringify(record),
        wish.sbom,
        new Date(at),
        storable(wish.by, 2_000),
      ],
    );
    if (!added) return false;
    const { bundle, commit, approvedBy } = record;
    await audit(transaction, {
      ...{ at, actor: wish.by, subject: `image:${formatImageName(record)}`, event: 'imported', to: 'imported' },
      reason: `${bundle.bytes} bytes, SHA-256 ${bundle.sha256}, of commit ${commit}, signed by ${bundle.signer}, approved by ${approvedBy ?? 'nobody'}.`,
    });
    return true;
  });
  // Somebody else was faster, with the same or with another.
  const image = await findSame(store, record);
  return { imported, image: image! };
}

/** The image where it is there as it is to be; undefined where it is not. @throws TashikaError IMAGE_DIFFERS */
async function findSame(store: Queryable, record: ImageRecord): Promise<RegisteredImage | undefined> {
  const [image] = await readImages(store, record);
  if (!image) return undefined;
  const name = formatImageName(record);
  if (image.record.bundle.sha256 !== record.bundle.sha256)
    throw new TashikaError(
      'IMAGE_DIFFERS',
      `${name} is there already, with other bytes: SHA-256 ${image.record.bundle.sha256}, and not ${record.bundle.sha256}. Give the new ones another version.`,
    );
  const other = differences(image.record, record);
  if (other.length > 0)
    throw new TashikaError(
      'IMAGE_DIFFERS',
      `${name} is there already with the same bytes and another record (${other.slice(0, 5).join(', ')}), which stays as it is.`,
    );
  return image;
}

async function verified(parts: RegistryParts, record: ImageRecord): Promise<VerifiedBundle> {
  const { bundles, clock, settings } = parts;
  const keyring = await keyringIn(settings.keyringFile);
  const { sha256 } = record.bundle;
  const bytes = await bundles.size(sha256);
  if (bytes === undefined) throw missing(record);
  try {
    return await verifyBundle({ bytes, read: (range) => bundles.read(sha256, range) }, keyring, clock.now());
  } catch (error) {
    if (!isTashikaError(error, 'BUNDLE_REFUSED')) throw error;
    await requireWhole(parts, record, error);
    throw error;
  }
}

/** Bytes that are no longer what they were are taken away, so that the right ones can come. @throws TashikaError BUNDLE_MISSING */
async function requireWhole({ bundles }: RegistryParts, record: ImageRecord, cause?: unknown): Promise<void> {
  const { sha256 } = record.bundle;
  if ((await bundles.size(sha256)) === undefined) throw missing(record);
  if ((await hashOf(await bundles.read(sha256))) === sha256) return;
  await bundles.remove(sha256);
  throw new TashikaError(
    'BUNDLE_MISSING',
    `The bundle of ${formatImageName(record)} was damaged in ${bundles.place}, and was taken away: send it again, and look for a failing disk.`,
    { cause },
  );
}

async function hashOf(content: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256');
  for await (const part of content) hash.update(part);
  return hash.digest('hex');
}

function missing(record: ImageRecord): TashikaError {
  const { sha256 } = record.bundle;
  return new TashikaError(
    'BUNDLE_MISSING',
    `The bundle of ${formatImageName(record)} is not here: send it first, PUT /api/fleet/bundles/${sha256}.`,
  );
}

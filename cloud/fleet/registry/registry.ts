import { TashikaError } from '@tashika/shared/errors';
import { formatImageName, type ImageName } from '@tashika/shared/image';
import type { Clock } from '@tashika/shared/time';
import type { FleetSettings } from '../../config/fleet.ts';
import { storable } from '../../ingest/text.ts';
import { costlyAnswer, type Logger, type Queryable, type Store } from '../../store/index.ts';
import { audit } from '../audit.ts';
import type { BundleStore } from '../bundles/index.ts';
import { type Channel, requirePromotable } from './channels.ts';
import { countDevices, type RegisteredImage, readImages } from './images.ts';
import { type ImportAnswer, importImage } from './import.ts';
import { revokeBytes } from './same-bytes.ts';
import { RegistryUpkeep } from './upkeep.ts';

export interface RegistryParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly bundles: BundleStore;
  readonly settings: {
    readonly keyringFile?: string | undefined;
    readonly mostScanCvss: FleetSettings['mostScanCvss'];
  };
}

/** What a person's words may take in the table. */
const LONGEST = 2_000;

/**
 * The images that may be given out, and what each channel has. Each step is in the audit log, by the transaction that
 * takes it.
 */
export class ImageRegistry {
  readonly bundles: BundleStore;
  readonly #parts: RegistryParts;
  readonly #upkeep: RegistryUpkeep;
  readonly #devices: () => Promise<ReadonlyMap<string, number>>;

  constructor(parts: RegistryParts) {
    this.#parts = parts;
    this.bundles = parts.bundles;
    this.#upkeep = new RegistryUpkeep(parts);
    this.#devices = costlyAnswer(parts.clock, () => countDevices(parts.store));
  }

  /** Begins to look after what was brought in, now and then. */
  start(): void {
    this.#upkeep.start();
  }

  /** Resolves when nothing of it runs any more. */
  async stop(): Promise<void> {
    await this.#upkeep.stop();
  }

  /** The newest import first. Devices are counted for a tenth of the time at most; a single image's are each time. */
  async list(): Promise<readonly RegisteredImage[]> {
    return await readImages(this.#parts.store, undefined, this.#devices);
  }

  /** @throws TashikaError NOT_FOUND */
  async one(name: ImageName): Promise<RegisteredImage> {
    const [image] = await readImages(this.#parts.store, name);
    if (!image) throw unknownImage(name);
    return image;
  }

  /** Its package list, word for word. @throws TashikaError NOT_FOUND */
  async sbom(name: ImageName): Promise<string> {
    const [row] = await this.#parts.store.query<{ sbom: string }>(
      'SELECT sbom FROM image WHERE kind = $1 AND version = $2',
      [name.kind, name.version],
    );
    if (!row) throw unknownImage(name);
    return row.sbom;
  }

  /**
   * Takes an image in whose bundle was sent before. The same once more changes nothing.
   *
   * @throws TashikaError of importImage
   */
  async import(wish: { readonly record: unknown; readonly sbom: string; readonly by: string }): Promise<ImportAnswer> {
    return await importImage(this.#parts, wish);
  }

  /**
   * Lets a channel have an image, in the place of the one that it has. No device is told: that is what a rollout does.
   *
   * @throws TashikaError NOT_FOUND, IMAGE_REVOKED, PROMOTION_REFUSED
   */
  async promote(name: ImageName, channel: Channel, by: string): Promise<RegisteredImage> {
    const { store, clock, settings } = this.#parts;
    await store.transaction(async (transaction) => {
      const { record, revokedReason } = await lockImage(transaction, name);
      if (revokedReason !== null)
        throw new TashikaError('IMAGE_REVOKED', `${formatImageName(name)} is revoked: ${revokedReason}`);
      requirePromotable(record, channel, settings.mostScanCvss);
      const [had] = await transaction.query<{ version: string }>(
        'SELECT version FROM image_channel WHERE kind = $1 AND channel = $2 FOR UPDATE',
        [name.kind, channel],
      );
      if (had?.version === name.version) return;
      const at = clock.now();
      await transaction.query(
        `INSERT INTO image_channel (kind, channel, version, promoted_at, promoted_by) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (kind, channel) DO UPDATE SET version = excluded.version, promoted_at = excluded.promoted_at,
                promoted_by = excluded.promoted_by`,
        [name.kind, channel, name.version, new Date(at), storable(by, LONGEST)],
      );
      await audit(transaction, {
        ...{ at, actor: by, event: 'promoted', subject: `channel:${name.kind}/${channel}` },
        ...{ from: had?.version, to: name.version },
        reason: `${by} let ${channel} have ${formatImageName(name)}.`,
      });
    });
    return await this.one(name);
  }

  /**
   * Takes an image back for good, and whatever has its bytes under another version: it leaves its channels, which have none
   * then, and is never offered again. What was built on it is not revoked by that; the answer names it. A revoked one stays
   * as it was revoked.
   *
   * @throws TashikaError NOT_FOUND
   */
  async revoke(name: ImageName, reason: string, by: string): Promise<RegisteredImage> {
    const { store, clock } = this.#parts;
    const revoked = await store.transaction((transaction) =>
      revokeBytes(transaction, name, { reason, by, at: clock.now() }),
    );
    if (!revoked) throw unknownImage(name);
    return await this.one(name);
  }
}

type LockedImage = Pick<RegisteredImage, 'record' | 'revokedReason'>;

/** Promotion and revocation of one image take turns. */
async function lockImage(transaction: Queryable, name: ImageName): Promise<LockedImage> {
  const [row] = await transaction.query<{ record: LockedImage['record']; revoked_reason: string | null }>(
    'SELECT record, revoked_reason FROM image WHERE kind = $1 AND version = $2 FOR UPDATE',
    [name.kind, name.version],
  );
  if (!row) throw unknownImage(name);
  return { record: row.record, revokedReason: row.revoked_reason };
}

function unknownImage(name: ImageName): TashikaError {
  return new TashikaError('NOT_FOUND', `There is no image ${formatImageName(name)}: import it first.`);
}

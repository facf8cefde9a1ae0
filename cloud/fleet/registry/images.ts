import { formatImageName, type ImageKind, type ImageName, type ImageRecord } from '@tashika/shared/image';
import type { Queryable } from '../../store/index.ts';
import { type Descent, descendantsOf } from './descendants.ts';
import { type Halt, readHalts } from './halts.ts';

/** An image as the registry has it. */
export interface RegisteredImage {
  readonly record: ImageRecord;
  /** Those that have it now. */
  readonly channels: readonly string[];
  readonly importedAt: Date;
  readonly importedBy: string;
  readonly revokedAt: Date | null;
  readonly revokedReason: string | null;
  /** Names of the images that stand on it, directly or by others. */
  readonly children: readonly string[];
  /** What it was built on, where the registry does not have that: its revocation would not name this one. */
  readonly missingParent: string | null;
  /** Names of other versions that have the same bytes: what is revoked with it. */
  readonly sameBytes: readonly string[];
  /** Rollouts of it that were halted, the latest first; 5 at most. */
  readonly halts: readonly Halt[];
  /** How many devices have it, by their readings or else by their updater. */
  readonly devices: number;
}

interface ImageRow extends ImageName {
  readonly record: ImageRecord;
  readonly channels: readonly string[];
  readonly imported_at: Date;
  readonly imported_by: string;
  readonly revoked_at: Date | null;
  readonly revoked_reason: string | null;
}

/**
 * All images, or the one of a name; the newest import first.
 *
 * @param counted how many devices have each, where that is known already: it is counted by going through the fleet otherwise
 */
export async function readImages(
  store: Queryable,
  name?: ImageName,
  counted: () => Promise<ReadonlyMap<string, number>> = () => countDevices(store),
): Promise<readonly RegisteredImage[]> {
  const rows = await store.query<ImageRow>(
    `SELECT kind, version, record, imported_at, imported_by, revoked_at, revoked_reason,
            ARRAY(SELECT channel FROM image_channel
                   WHERE image_channel.kind = image.kind AND image_channel.version = image.version
                   ORDER BY channel) AS channels
       FROM image ${name ? 'WHERE kind = $1 AND version = $2' : ''} ORDER BY imported_at DESC, kind, version`,
    name ? [name.kind, name.version] : [],
  );
  if (rows.length === 0) return [];
  const all = await readDescents(store);
  const names = new Set(all.map(formatImageName));
  const children = descendantsOf(all);
  const halts = await readHalts(store, name);
  const devices = await counted();
  return rows.map((row) => ({
    record: row.record,
    channels: row.channels,
    importedAt: row.imported_at,
    importedBy: row.imported_by,
    revokedAt: row.revoked_at,
    revokedReason: row.revoked_reason,
    children: children.get(formatImageName(row)) ?? [],
    missingParent: missingOf(row.record.parent, names),
    sameBytes: all.filter((other) => isTwin(other, row)).map(formatImageName),
    halts: halts.get(formatImageName(row)) ?? [],
    devices: devices.get(formatImageName(row)) ?? 0,
  }));
}

type KeptDescent = Descent & { readonly sha256: string };

async function readDescents(store: Queryable): Promise<readonly KeptDescent[]> {
  return await store.query<KeptDescent & { readonly parent: ImageName | null }>(
    `SELECT kind, version, sha256, record -> 'parent' AS parent FROM image ORDER BY kind, version`,
  );
}

function missingOf(parent: ImageName | null, names: ReadonlySet<string>): string | null {
  const name = parent && formatImageName(parent);
  return name === null || names.has(name) ? null : name;
}

function isTwin(other: KeptDescent, { kind, version, record }: ImageRow): boolean {
  return other.sha256 === record.bundle.sha256 && (other.kind !== kind || other.version !== version);
}

/** By image. A device's readings are believed before its updater. */
export async function countDevices(store: Queryable): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (const [kind, sensor] of [
    ['agent', 'agent/version'],
    ['system', 'agent/system'],
  ] as const satisfies readonly (readonly [ImageKind, string])[]) {
    const rows = await store.query<{ version: string; devices: number }>(
      `SELECT coalesce(last_values #>> ARRAY[$1, 'value'], ${kind}_version) AS version, count(*) AS devices
         FROM device FULL JOIN fleet_device USING (imsi)
        GROUP BY 1 HAVING coalesce(last_values #>> ARRAY[$1, 'value'], ${kind}_version) IS NOT NULL`,
      [sensor],
    );
    for (const { version, devices } of rows) counts.set(formatImageName({ kind, version }), devices);
  }
  return counts;
}

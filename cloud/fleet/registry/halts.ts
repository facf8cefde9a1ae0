import { formatImageName, type ImageName } from '@tashika/shared/image';
import type { Timestamp } from '@tashika/shared/time';
import type { Queryable } from '../../store/index.ts';
import type { SignalName } from '../gate/index.ts';

/** A rollout of an image that was halted. */
export interface Halt {
  readonly rollout: string;
  /** Null where it was halted before this was kept. */
  readonly at: Timestamp | null;
  /** What halted it; null where no signal did: the image was revoked. */
  readonly signal: SignalName | 'installation' | null;
}

/** Of each image; an image that halted so often needs no longer list. */
const MOST_HALTS = 5;

/**
 * The halted rollouts of all images, or of the one of a name, by image: the latest first, 5 of each at most. Of all tenants,
 * which have the registry in common: what one has seen of an image is for the others to know.
 */
export async function readHalts(store: Queryable, name?: ImageName): Promise<ReadonlyMap<string, readonly Halt[]>> {
  const rows = await store.query<ImageName & Halt>(
    `SELECT kind, version, rollout, at, signal
       FROM (SELECT kind, version, id AS rollout, (failing ->> 'haltedAt')::float8 AS at, failing ->> 'signal' AS signal,
                    row_number() OVER (PARTITION BY kind, version ORDER BY started_at DESC, id DESC) AS place
               FROM rollout WHERE failing IS NOT NULL ${name ? 'AND kind = $1 AND version = $2' : ''}) AS halted
      WHERE place <= ${MOST_HALTS} ORDER BY place`,
    name ? [name.kind, name.version] : [],
  );
  const halts = new Map<string, Halt[]>();
  for (const { kind, version, ...halt } of rows) {
    const image = formatImageName({ kind, version });
    halts.set(image, [...(halts.get(image) ?? []), halt]);
  }
  return halts;
}

import { createHash } from 'node:crypto';
import type { ImageKind, ImageRecord } from '@tashika/shared/image';
import type { Queryable } from '../../../store/index.ts';
import { notifyAction } from '../standing.ts';

/** Rows written as registry and rollout would, for tests of what updaters are told. */

/** An image of `bundle`; answers its record. */
export async function addImage(
  store: Queryable,
  bundle: Uint8Array,
  image: { readonly kind?: ImageKind; readonly version?: string; readonly filename?: string } = {},
): Promise<ImageRecord> {
  const { kind = 'agent', version = '1.5.0', filename = `${kind}-${version}.raucb` } = image;
  const hash = (algorithm: string) => createHash(algorithm).update(bundle).digest('hex');
  const record: ImageRecord = {
    v: 1,
    kind,
    version,
    commit: '0'.repeat(40),
    builtAt: '2026-01-01T00:00:00Z',
    parent: null,
    boards: ['pi4'],
    bundle: {
      filename,
      bytes: bundle.length,
      sha256: hash('sha256'),
      sha1: hash('sha1'),
      md5: hash('md5'),
      signer: 'CN=test',
      signerSha256: '0'.repeat(64),
    },
    packages: 0,
    sbomSha256: '0'.repeat(64),
    scan: { status: 'not scanned', reason: 'a test' },
    approvedBy: null,
  };
  await store.query(
    `INSERT INTO image (kind, version, sha256, record, sbom, imported_at, imported_by)
     VALUES ($1, $2, $3, $4::jsonb, '{}', now(), 'test')`,
    [kind, version, record.bundle.sha256, JSON.stringify(record)],
  );
  await store.query(
    `INSERT INTO rollout (id, tenant, kind, version, plan, state, wave, since, created_at, created_by)
     VALUES ($1, 'tashika', $2, $3, '{}', 'running', 1, now(), now(), 'test')`,
    [rolloutOf(record), kind, version],
  );
  return record;
}

function rolloutOf({ kind, version }: ImageRecord): string {
  return `${kind}-${version}`.replaceAll('.', '-');
}

export async function addFleetDevice(
  store: Queryable,
  device: {
    readonly controllerId: string;
    readonly tenant?: string;
    readonly tokenSha256?: string;
    readonly imsi?: string;
    readonly timeZone?: string;
    readonly at?: Date;
  },
): Promise<void> {
  const { controllerId, tenant = 'tashika', tokenSha256, imsi, timeZone = 'Asia/Tokyo', at = new Date(0) } = device;
  await store.query(
    `INSERT INTO fleet_device (tenant, controller_id, token_sha256, imsi, imsi_proved, time_zone, first_poll, last_poll)
     VALUES ($1, $2, $3, $4::text, $4::text IS NOT NULL, $5, $6, $6)`,
    [tenant, controllerId, tokenSha256 ?? null, imsi ?? null, timeZone, at],
  );
}

/** An action of an image that `addImage` added; answers its number. */
export async function addAction(
  store: Queryable,
  action: {
    readonly controllerId: string;
    readonly image: ImageRecord;
    readonly state?: 'open' | 'canceling';
    readonly purpose?: 'update' | 'rollback';
    readonly maintenance?: object;
    readonly dailyBytes?: number;
  },
): Promise<number> {
  const { controllerId, image, state = 'open', purpose = 'update', maintenance, dailyBytes } = action;
  const [row] = await store.query<{ id: number }>(
    `INSERT INTO deployment_action (tenant, controller_id, rollout_id, purpose, kind, version, state, maintenance,
                                    daily_bytes, created_at)
     VALUES ('tashika', $1, $2, $3, $4, $5, $6, $7::jsonb, $8, now()) RETURNING id`,
    [
      ...[controllerId, rolloutOf(image), purpose, image.kind, image.version, state],
      ...[maintenance ? JSON.stringify(maintenance) : null, dailyBytes ?? null],
    ],
  );
  await notifyAction(store, 'tashika', controllerId);
  return row!.id;
}

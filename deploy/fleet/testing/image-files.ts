import { createHash } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ImageRecord } from '@tashika/shared/image';

const hash = (algorithm: string, bytes: string | Buffer) => createHash(algorithm).update(bytes).digest('hex');

export interface BuiltImage {
  readonly kind?: 'agent' | 'system';
  readonly version?: string;
  readonly parent?: ImageRecord['parent'];
  readonly bytes?: Buffer;
  readonly signer?: Pick<ImageRecord['bundle'], 'signer' | 'signerSha256'>;
}

/** A folder as a build leaves it: for each image its bundle, its record and its package list. */
export async function builtFolder(...images: readonly BuiltImage[]): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'tashika-fleet-'));
  for (const image of images) await writeBuilt(directory, image);
  return directory;
}

export async function writeBuilt(directory: string, image: BuiltImage): Promise<ImageRecord> {
  const { kind = 'agent', version = '1.5.0', parent = null } = image;
  const bytes = image.bytes ?? Buffer.alloc(300_000, `${kind}/${version}`);
  const sbom = JSON.stringify({ spdxVersion: 'SPDX-2.3', name: `${kind}-${version}`, packages: [] });
  const filename = `tashika-${kind}-${version}.raucb`;
  const record: ImageRecord = {
    v: 1,
    kind,
    version,
    commit: '0'.repeat(40),
    builtAt: '2026-11-20T00:00:00.000Z',
    parent,
    boards: ['tashika-rpi4'],
    bundle: {
      filename,
      bytes: bytes.length,
      sha256: hash('sha256', bytes),
      sha1: hash('sha1', bytes),
      md5: hash('md5', bytes),
      ...(image.signer ?? { signer: 'CN=release', signerSha256: '1'.repeat(64) }),
    },
    packages: 0,
    sbomSha256: hash('sha256', sbom),
    scan: { status: 'not scanned', reason: 'No advisories were at hand.' },
    approvedBy: 'tanaka',
  };
  await writeFile(join(directory, filename), bytes);
  await writeFile(join(directory, `${kind}-${version}.spdx.json`), sbom);
  await writeFile(join(directory, `${kind}-${version}.json`), JSON.stringify(record));
  return record;
}

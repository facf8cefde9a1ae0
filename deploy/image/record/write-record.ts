import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { TashikaError } from '@tashika/shared/errors';
import { type ImageName, type ImageRecord, imageRecordSchema } from '@tashika/shared/image';
import { Value } from 'typebox/value';
import { digestsOf } from '../bundle/rauc-bundle.ts';
import type { Signer } from '../bundle/signer.ts';
import type { Scan } from '../scan/scan.ts';
import type { ImagePackage } from './package-list.ts';
import { spdxOf, timeOf } from './spdx.ts';

/** What a record tells that is known before there is a bundle. */
export interface RecordFacts extends ImageName {
  readonly commit: string;
  /** Seconds since 1970. */
  readonly madeAt: number;
  readonly parent: ImageName | undefined;
  readonly board: string;
  readonly packages: readonly ImagePackage[];
  readonly scan: Scan;
  /** Only a person says so; a build approves of nothing. */
  readonly approvedBy: string | undefined;
}

/**
 * Writes `image.json` and `sbom.spdx.json` beside a bundle.
 *
 * @throws TashikaError `IMAGE_BUILD_FAILED` where they would be no record, such as for a version with a blank
 */
export function writeRecord(directory: string, bundle: string, facts: RecordFacts, signer: Signer): ImageRecord {
  const { kind, version, board, madeAt, packages, scan } = facts;
  const sbom = spdxOf({ name: `tashika-${kind}`, version, board, madeAt }, packages);
  const record: ImageRecord = {
    v: 1,
    kind,
    version,
    commit: facts.commit,
    builtAt: timeOf(madeAt),
    parent: facts.parent ?? null,
    boards: [board],
    bundle: {
      filename: basename(bundle),
      ...digestsOf(bundle),
      signer: signer.subject,
      signerSha256: signer.fingerprint,
    },
    packages: packages.length,
    sbomSha256: createHash('sha256').update(sbom).digest('hex'),
    scan,
    approvedBy: facts.approvedBy ?? null,
  };
  const [wrong] = Value.Errors(imageRecordSchema, record);
  if (wrong) {
    const sentence = `The image's record would be wrong: ${wrong.instancePath.slice(1).replaceAll('/', '.')} ${wrong.message}.`;
    throw new TashikaError('IMAGE_BUILD_FAILED', sentence);
  }
  writeFileSync(join(directory, 'sbom.spdx.json'), sbom);
  writeFileSync(join(directory, 'image.json'), `${JSON.stringify(record, undefined, 2)}\n`);
  return record;
}

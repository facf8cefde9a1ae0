import { createHash, X509Certificate } from 'node:crypto';
import type { ImageRecord } from '@tashika/shared/image';
import { type BundleSigner, signBundle } from '../signature/index.ts';

/** An image as a build would leave it: record, package list, bundle. */
export interface MadeImage {
  readonly record: ImageRecord;
  readonly sbom: string;
  readonly bundle: Buffer;
}

/** An approved and scanned agent image whose bundle is `payload`, signed by `signer`; what is in `changes` is otherwise. */
export function makeImage(
  signer: BundleSigner,
  changes: Partial<ImageRecord> = {},
  payload = `the agent ${changes.version ?? '1.5.0'}`,
): MadeImage {
  const { version = '1.5.0' } = changes;
  const bundle = Buffer.from(signBundle(Buffer.from(payload), signer));
  const sbom = JSON.stringify({ spdxVersion: 'SPDX-2.3', name: `agent ${version}`, packages: [] }, null, 2);
  const { subject, fingerprint256 } = new X509Certificate(signer.certPem);
  const record: ImageRecord = {
    v: 1,
    kind: 'agent',
    version,
    commit: 'c'.repeat(40),
    builtAt: '2026-05-01T00:00:00Z',
    parent: null,
    boards: ['tashika-pi4'],
    bundle: {
      filename: `tashika-agent_${version}.raucb`,
      bytes: bundle.length,
      sha256: hexOf('sha256', bundle),
      sha1: hexOf('sha1', bundle),
      md5: hexOf('md5', bundle),
      signer: subject,
      signerSha256: fingerprint256.replaceAll(':', '').toLowerCase(),
    },
    packages: 0,
    sbomSha256: hexOf('sha256', sbom),
    scan: scanOf([]),
    approvedBy: 'Aiko',
    ...changes,
  };
  return { record, sbom, bundle };
}

/** A scan that found vulnerabilities of these scores. */
export function scanOf(scores: readonly (number | null)[]): ImageRecord['scan'] {
  return {
    status: 'scanned',
    scanner: 'advisories of a test',
    advisoriesOf: '2026-05-01T00:00:00Z',
    found: scores.map((cvss, index) => ({
      id: `CVE-2026-${1000 + index}`,
      package: 'openssl',
      version: '3.5.1',
      cvss,
    })),
    gate: { mostCvss: 10, passed: true },
  };
}

export function hexOf(algorithm: string, content: Uint8Array | string): string {
  return createHash(algorithm).update(content).digest('hex');
}

import { createHash, X509Certificate } from 'node:crypto';
import { type BundleSigner, signBundle } from '@tashika/cloud/fleet/registry/signature';
import { formatImageName, type ImageName, type ImageRecord } from '@tashika/shared/image';
import type { Timestamp } from '@tashika/shared/time';

/** An image as a build would leave it, with everything of it in memory. */
export interface SimulatedImage {
  readonly record: ImageRecord;
  readonly sbom: string;
  readonly bundle: Uint8Array;
}

export interface SimulatedImageWish {
  readonly version: string;
  readonly parent: ImageName | null;
  readonly boards: readonly string[];
  /** What is in the bundle, in place of a file system. */
  readonly payload: string;
  readonly signer: BundleSigner;
  readonly builtAt: Timestamp;
}

/** A signed agent bundle that holds text, its record and its (empty) package list. */
export function simulatedImage(wish: SimulatedImageWish): SimulatedImage {
  const { version, parent, boards, payload, signer, builtAt } = wish;
  const name = `tashika-simulated-agent_${version}`;
  const sbom = JSON.stringify({
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: 'SPDXRef-DOCUMENT',
    name,
    documentNamespace: `https://tashika.invalid/spdx/${name}`,
    creationInfo: { created: '2026-01-01T00:00:00Z', creators: ['Tool: tashika-updating-fleet'] },
    packages: [],
  });
  const bundle = signBundle(Buffer.from(payload), signer);
  const { subject, fingerprint256 } = new X509Certificate(signer.certPem);
  return {
    sbom,
    bundle,
    record: {
      v: 1,
      kind: 'agent',
      version,
      commit: '0'.repeat(40),
      builtAt: new Date(builtAt).toISOString(),
      parent,
      boards: [...boards],
      bundle: {
        filename: `${name}.raucb`,
        bytes: bundle.length,
        sha256: hexOf('sha256', bundle),
        sha1: hexOf('sha1', bundle),
        md5: hexOf('md5', bundle),
        signer: subject.split('\n').join(', '),
        signerSha256: fingerprint256.replaceAll(':', '').toLowerCase(),
      },
      packages: 0,
      sbomSha256: hexOf('sha256', sbom),
      scan: {
        status: 'not scanned',
        reason: `${formatImageName({ kind: 'agent', version })} is a simulation without packages`,
      },
      approvedBy: null,
    },
  };
}

function hexOf(algorithm: string, content: Uint8Array | string): string {
  return createHash(algorithm).update(content).digest('hex');
}

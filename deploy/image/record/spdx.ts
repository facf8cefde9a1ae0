import { createHash } from 'node:crypto';
import { type ImagePackage, purlOf } from './package-list.ts';

export interface SpdxSubject {
  /** Such as `tashika-agent`. */
  readonly name: string;
  readonly version: string;
  readonly board: string;
  /** Seconds since 1970. */
  readonly madeAt: number;
}

/**
 * The package list of an image as an SPDX document, version 2.3, in JSON. The same packages make the same text.
 *
 * @see https://spdx.github.io/spdx-spec/v2.3/
 */
export function spdxOf(subject: SpdxSubject, packages: readonly ImagePackage[]): string {
  const { name, version, board, madeAt } = subject;
  const names = packages.map(purlOf);
  // A document's namespace must be its own; the same document may have the same one.
  const digest = createHash('sha256')
    .update(JSON.stringify([subject, names]))
    .digest('hex');
  const uuid = [
    digest.slice(0, 8),
    digest.slice(8, 12),
    digest.slice(12, 16),
    digest.slice(16, 20),
    digest.slice(20, 32),
  ].join('-');
  const document = {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: 'SPDXRef-DOCUMENT',
    name: `${name}-${version}-${board}`,
    documentNamespace: `https://spdx.org/spdxdocs/${name}-${encodeURIComponent(version)}-${board}-${uuid}`,
    creationInfo: { created: timeOf(madeAt), creators: ['Tool: tashika-image'] },
    packages: [
      { ...UNTOLD, SPDXID: 'SPDXRef-Image', name, versionInfo: version, primaryPackagePurpose: 'OPERATING-SYSTEM' },
      ...packages.map((each, index) => ({
        ...UNTOLD,
        SPDXID: `SPDXRef-Package-${index + 1}`,
        name: each.name,
        versionInfo: each.version,
        ...(each.licence !== undefined && { licenseDeclared: each.licence }),
        ...(each.source !== undefined && { sourceInfo: `built from ${each.source} ${each.sourceVersion}` }),
        externalRefs: [{ referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: names[index] }],
      })),
    ],
    relationships: [
      relationship('SPDXRef-DOCUMENT', 'DESCRIBES', 'SPDXRef-Image'),
      ...packages.map((_, index) => relationship('SPDXRef-Image', 'CONTAINS', `SPDXRef-Package-${index + 1}`)),
    ],
  };
  return `${JSON.stringify(document, undefined, 1)}\n`;
}

const UNTOLD = {
  downloadLocation: 'NOASSERTION',
  filesAnalyzed: false,
  licenseConcluded: 'NOASSERTION',
  licenseDeclared: 'NOASSERTION',
  copyrightText: 'NOASSERTION',
} as const;

function relationship(spdxElementId: string, relationshipType: string, relatedSpdxElement: string) {
  return { spdxElementId, relationshipType, relatedSpdxElement };
}

/** Without milliseconds, as SPDX wants it. */
export function timeOf(madeAt: number): string {
  return new Date(madeAt * 1_000).toISOString().replace('.000Z', 'Z');
}

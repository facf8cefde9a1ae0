import { describe, expect, it } from 'vitest';
import { packagesOfDpkg, purlOf, sorted } from './package-list.ts';
import { spdxOf } from './spdx.ts';

const STATUS = `Package: libc6
Status: install ok installed
Architecture: arm64
Multi-Arch: same
Source: glibc
Version: 2.41-12
Description: GNU C Library
 Version: not this one

Package: tool
Status: install ok installed
Architecture: arm64
Source: tools (1:3.0-1)
Version: 1:3.0-1+b2

Package: gone
Status: deinstall ok config-files
Architecture: all
Version: 1
`;

describe('the package list', () => {
  const packages = packagesOfDpkg(STATUS);

  it('has what dpkg says is installed, with the source that advisories go by', () => {
    expect(packages).toEqual([
      {
        kind: 'deb',
        name: 'libc6',
        version: '2.41-12',
        architecture: 'arm64',
        source: 'glibc',
        sourceVersion: '2.41-12',
      },
      {
        kind: 'deb',
        name: 'tool',
        version: '1:3.0-1+b2',
        architecture: 'arm64',
        source: 'tools',
        sourceVersion: '1:3.0-1',
      },
    ]);
  });

  it('has each package once, in an order of its own, under the name that scanners know', () => {
    const ws = { kind: 'npm', name: '@serialport/stream', version: '13.0.0', licence: 'MIT' } as const;
    expect(sorted([ws, ...packages, ws]).map(purlOf)).toEqual([
      'pkg:deb/debian/libc6@2.41-12?arch=arm64',
      'pkg:deb/debian/tool@1%3A3.0-1%2Bb2?arch=arm64',
      'pkg:npm/%40serialport/stream@13.0.0',
    ]);
  });

  it('is SPDX 2.3 in which each part is related to the image, the same for the same list', () => {
    const subject = { name: 'tashika-system', version: '1.0.0', board: 'tashika-rpi-arm64', madeAt: 1_700_000_000 };
    const text = spdxOf(subject, packages);
    expect(spdxOf(subject, packages)).toBe(text);
    const document = JSON.parse(text);
    expect(document).toMatchObject({ spdxVersion: 'SPDX-2.3', creationInfo: { created: '2023-11-14T22:13:20Z' } });
    const ids = document.packages.map(({ SPDXID }: { SPDXID: string }) => SPDXID);
    expect(new Set(ids).size).toBe(3);
    expect(document.relationships.map((each: object) => Object.values(each).join(' '))).toEqual([
      'SPDXRef-DOCUMENT DESCRIBES SPDXRef-Image',
      'SPDXRef-Image CONTAINS SPDXRef-Package-1',
      'SPDXRef-Image CONTAINS SPDXRef-Package-2',
    ]);
    const other = JSON.parse(spdxOf({ ...subject, version: '1.0.1' }, packages));
    expect(other.documentNamespace).not.toBe(document.documentNamespace);
  });
});

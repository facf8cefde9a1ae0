import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bundle } from '../../edge-package/bundle.ts';
import { packageFolders } from '../../edge-package/licences.ts';

/** Something that an image is made of, in the version that it has there. */
export interface ImagePackage {
  readonly kind: 'npm' | 'deb' | 'program';
  readonly name: string;
  readonly version: string;
  /** The source package that a Debian package was built from; the name that its advisories go by. */
  readonly source?: string;
  readonly sourceVersion?: string;
  readonly architecture?: string;
  /** SPDX expression, where the package tells one. */
  readonly licence?: string;
}

/** What is bundled into the agent: the modules' packages, the serial add-on's, and Node. */
export function packagesOfAgent(
  bundle: Bundle,
  root: string,
  serialport: string,
  node: string | undefined,
): ImagePackage[] {
  const folders = [...packageFolders(bundle.modules).map((folder) => join(root, folder)), serialport];
  const modules = folders.map((folder): ImagePackage => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    return { kind: 'npm', name, version, ...(typeof license === 'string' && { licence: license }) };
  });
  const carried: ImagePackage[] =
    node === undefined ? [] : [{ kind: 'program', name: 'node', version: node, licence: 'MIT' }];
  return sorted([...modules, ...carried]);
}

/** The packages that dpkg's status says are installed (deb-control(5)). */
export function packagesOfDpkg(status: string): ImagePackage[] {
  const found: ImagePackage[] = [];
  for (const paragraph of status.split(/\n\n+/)) {
    const fields = new Map([...paragraph.matchAll(/^([A-Za-z-]+): (.*)$/gm)].map(([, name, value]) => [name!, value!]));
    if (!fields.get('Status')?.endsWith(' installed')) continue;
    const [name, version] = [fields.get('Package')!, fields.get('Version')!];
    const [, source = name, sourceVersion = version] = /^(\S+)(?: \((.+)\))?$/.exec(fields.get('Source') ?? name) ?? [];
    found.push({
      kind: 'deb',
      name,
      version,
      source,
      sourceVersion,
      architecture: fields.get('Architecture') ?? 'all',
    });
  }
  return sorted(found);
}

/** In an order that does not depend on the build, each once. */
export function sorted(packages: readonly ImagePackage[]): ImagePackage[] {
  const keyed = new Map(packages.map((each) => [purlOf(each), each]));
  return [...keyed].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, each]) => each);
}

/** A package's name for scanners (package-url, purl-spec). */
export function purlOf({ kind, name, version, architecture }: ImagePackage): string {
  const encoded = encodeURIComponent(version);
  if (kind === 'npm') return `pkg:npm/${name.split('/').map(encodeURIComponent).join('/')}@${encoded}`;
  if (kind === 'deb') return `pkg:deb/debian/${encodeURIComponent(name)}@${encoded}?arch=${architecture}`;
  return `pkg:generic/${encodeURIComponent(name)}@${encoded}`;
}

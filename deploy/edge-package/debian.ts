import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Target } from './target.ts';
import type { Tree } from './tree.ts';

export const MAINTAINER = 'Tashika <tashika@localhost.localdomain>';
const SCRIPTS = ['postinst', 'prerm', 'postrm'] as const;

export interface Release {
  readonly version: string;
  /** Seconds since 1970. */
  readonly madeAt: number;
}

/**
 * What dpkg is told of the package (deb-control(5)).
 *
 * @param carriesNode whether Node lies in the package; else the system's is needed
 * @param installedBytes what its files take
 */
export function controlFile(
  { architecture }: Target,
  { version }: Release,
  carriesNode: boolean,
  installedBytes: number,
): string {
  const depends = [
    'libc6 (>= 2.28)',
    'libgcc-s1',
    'libstdc++6 (>= 8)',
    ...(carriesNode ? [] : ['nodejs (>= 20.19)']),
    'systemd | systemd-standalone-sysusers | systemd-sysusers',
  ];
  return `Package: tashika-edge
Version: ${version}
Architecture: ${architecture}
Maintainer: ${MAINTAINER}
Installed-Size: ${Math.ceil(installedBytes / 1024)}
Depends: ${depends.join(', ')}
Recommends: gpiod
Section: net
Priority: optional
Description: agent that takes sensor readings and sends each of them
 Reads GPIO lines, serial lines, Modbus RTU, MQTT and the machine itself,
 numbers the readings, keeps them through power cuts and dead links, and sends
 them to SORACOM Funnel until they are taken. It holds no credential: the SIM is
 the identity, and its settings are the user data of the SIM's group.
`;
}

/** The log of versions that Debian's tools read (deb-changelog(5)). */
export function changelog({ version, madeAt }: Release): string {
  const date = new Date(madeAt * 1_000).toUTCString().replace('GMT', '+0000');
  return `tashika-edge (${version}) unstable; urgency=medium\n\n  * Version ${version}.\n\n -- ${MAINTAINER}  ${date}\n`;
}

/** Writes `DEBIAN/` into a laid out package. */
export function addControl(tree: Tree, scripts: string, control: string): void {
  const sums = tree.files().map((path) => {
    const sum = createHash('md5')
      .update(readFileSync(join(tree.root, path)))
      .digest('hex');
    return `${sum}  ${path}\n`;
  });
  tree.file('DEBIAN/control', control);
  tree.file('DEBIAN/md5sums', sums.join(''));
  for (const name of SCRIPTS) tree.copy(join('DEBIAN', name), join(scripts, name), 0o755);
}

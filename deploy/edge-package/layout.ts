import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Bundle, SERIALPORT_ADD_ON } from './bundle.ts';
import type { CarriedNode } from './node.ts';
import type { Target } from './target.ts';
import type { Tree } from './tree.ts';

/** The carried Node's path under `/usr`. */
export const NODE = 'lib/tashika-edge/node';

export interface Parts {
  /** The repository. */
  readonly root: string;
  readonly target: Target;
  readonly bundle: Bundle;
  /** The folder of `@serialport/bindings-cpp`. */
  readonly serialport: string;
  readonly node: CarriedNode | undefined;
  readonly licences: string;
}

/** Lays the agent out as it lies under `/usr`: all of the tarball, and most of the Debian package. */
export function layOut(tree: Tree, { root, target, bundle, serialport, node, licences }: Parts): void {
  const system = (name: string) => join(root, 'deploy/edge-package/system', name);
  const lib = 'lib/tashika-edge';
  const doc = 'share/doc/tashika-edge';
  for (const [name, content] of bundle.files) tree.file(join(lib, name), content);
  tree.copy(join(lib, SERIALPORT_ADD_ON), join(serialport, 'prebuilds', target.serialport));
  if (node) tree.copy(NODE, node.program, 0o755);
  tree.copy('bin/tashika-edge', system('tashika-edge'), 0o755);
  tree.copy('lib/systemd/system/tashika-edge.service', join(root, 'edge/systemd/tashika-edge.service'));
  tree.copy('lib/sysusers.d/tashika-edge.conf', system('sysusers.conf'));
  tree.copy('lib/udev/rules.d/60-tashika-edge.rules', system('udev.rules'));
  tree.file(join(doc, 'copyright'), licences);
  tree.copy(join(doc, 'README.md'), system('README.md'));
  tree.copy(join(doc, 'CONFIGURATION.md'), join(root, 'edge/CONFIGURATION.md'));
  tree.copy(join(doc, 'examples/config.json'), system('config.json'));
}

/** What Debian wants besides: a log of versions, what lintian is to pass over, and the folder for settings of the device. */
export function layOutForDebian(tree: Tree, system: string, changelog: string): void {
  tree.file('usr/share/doc/tashika-edge/changelog.gz', gzipSync(changelog, { level: 9 }));
  tree.copy('usr/share/lintian/overrides/tashika-edge', join(system, 'lintian-overrides'));
  tree.directory('etc/tashika-edge');
}

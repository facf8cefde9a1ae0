import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseJsonText } from '@tashika/shared/config';
import { partsFor, writeDebianPackage } from '../../edge-package/build.ts';
import { bundleAgent } from '../../edge-package/bundle.ts';
import { NODE } from '../../edge-package/layout.ts';
import { TARGETS } from '../../edge-package/target.ts';
import { Tree } from '../../edge-package/tree.ts';
import { trimNode } from '../agent/carried-node.ts';
import { writeBundle } from '../bundle/rauc-bundle.ts';
import { writeSquashfs } from '../bundle/squashfs.ts';
import { namesOfBuildingMachine } from '../contents/building-machine.ts';
import { refuseIncomplete } from '../contents/programs.ts';
import { refuseUnsafe } from '../contents/refuse.ts';
import { DEFINITION, type PartitionSizes } from '../definition.ts';
import type { BuiltImage, ImageOptions } from '../image-options.ts';
import { packagesOfAgent, packagesOfDpkg, sorted } from '../record/package-list.ts';
import { writeRecord } from '../record/write-record.ts';
import { scanOf } from '../scan/scan.ts';
import { runTool } from '../tool.ts';
import { AUTOBOOT, cmdlineOf, collectBoot, writeFat } from './boot-partition.ts';
import { writeDisk, writeExt4 } from './disk.ts';
import { layOutData, layOutOverlay } from './overlay.ts';
import { makeRoot } from './root.ts';

export interface SystemOptions extends ImageOptions {
  readonly mirror: string | undefined;
  readonly keyring: string | undefined;
  readonly settings: string | undefined;
  readonly aptKeyring: string | undefined;
  /** A tarball that is taken for the root where it is there, else written; a temporary one where left out. */
  readonly rootTarball: string | undefined;
}

/** A whole system as a signed bundle, and as the disk that a device begins with. */
export async function buildSystemImage(options: SystemOptions): Promise<BuiltImage> {
  const { root, board, version, madeAt, tell } = options;
  const work = mkdtempSync(join(tmpdir(), 'tashika-system-image-'));
  try {
    const tarball = options.rootTarball ?? join(work, 'root.tar');
    if (!existsSync(tarball)) {
      tell('packing the agent for Debian');
      const agent = await agentPackage(options, work);
      tell(`making the root of Debian ${DEFINITION.debian.suite} for ${board.architecture}: some minutes`);
      makeRoot(tarball, { ...options, agent, overlay: overlayOf(options, work), work });
    }

    const unpacked = join(work, 'root');
    mkdirSync(unpacked);
    runTool('tar', ['--no-same-owner', '--exclude=./dev/*', '-xf', tarball, '-C', unpacked], { madeAt });
    refuseIncomplete(unpacked);
    tell('reading every file for what must not be there');
    refuseUnsafe(unpacked, namesOfBuildingMachine(root, options.env));

    tell('packing the system');
    const directory = join(options.out, `system_${version}_${board.name}`);
    mkdirSync(directory, { recursive: true });
    const bundle = join(directory, `tashika-system_${version}_${board.name}.raucb`);
    writeSystem(bundle, {
      ...options,
      tarball,
      unpacked,
      work,
      disk: join(directory, `${board.name}.img`),
      sizes: DEFINITION.partitions,
    });

    const bundled = await bundleAgent(root);
    const parts = partsFor(TARGETS[board.architecture], bundled, version, { root, nodeArmhf: undefined }, work);
    const ofAgent = packagesOfAgent(bundled, root, parts.serialport, parts.node?.version);
    const status = readFileSync(join(unpacked, 'var/lib/dpkg/status'), 'utf8');
    const packages = sorted([...packagesOfDpkg(status), ...ofAgent]);
    const scan = scanOf(packages, options.advisories, options.mostCvss);
    const facts = { ...options, kind: 'system' as const, board: board.name, packages, scan };
    return { directory, bundle, record: writeRecord(directory, bundle, facts, options.signer) };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** What is packed once there is a root: a tarball with its owners, and the same unpacked. */
export interface RootParts
  extends Pick<ImageOptions, 'root' | 'board' | 'version' | 'madeAt' | 'quick' | 'signer' | 'format'> {
  readonly tarball: string;
  readonly unpacked: string;
  readonly work: string;
  /** The factory's disk. */
  readonly disk: string;
  readonly sizes: PartitionSizes;
}

/** Writes bundle and disk of a root. */
export function writeSystem(bundle: string, parts: RootParts): void {
  const { board, version, madeAt, work, tarball, unpacked } = parts;
  const { bootsel, boot, data } = parts.sizes;
  const at = (name: string) => join(work, name);
  writeSquashfs(at('system.squashfs'), { tarball }, parts);

  const files = new Tree(at('boot'));
  collectBoot(unpacked, board.kernel, files.root);
  writeFat(at('boot.vfat'), files.root, 'boot', boot, madeAt);
  for (const slot of ['A', 'B'] as const) {
    files.file('cmdline.txt', cmdlineOf(slot));
    writeFat(at(`boot_${slot.toLowerCase()}.vfat`), files.root, 'boot', boot, madeAt);
  }
  const first = new Tree(at('bootsel'));
  first.file('autoboot.txt', AUTOBOOT);
  writeFat(at('bootsel.vfat'), first.root, 'bootsel', bootsel, madeAt);
  const lasting = new Tree(at('data'));
  layOutData(lasting);
  writeExt4(at('data.ext4'), lasting, data, madeAt);

  const images = [
    { slot: 'system', file: at('system.squashfs') },
    { slot: 'boot', file: at('boot.vfat'), hooks: ['post-install'] },
  ];
  writeBundle(
    bundle,
    { board: board.name, version, images, hook: join(parts.root, 'deploy/image/rauc/boot-hook') },
    parts,
  );
  const partitions = {
    bootsel: 'bootsel.vfat',
    boot_a: 'boot_a.vfat',
    boot_b: 'boot_b.vfat',
    system_a: 'system.squashfs',
  };
  writeDisk(parts.disk, work, { ...partitions, data: 'data.ext4' }, parts.sizes, madeAt);
}

/** The agent for Debian, at its package's own version, with the same Node as the agent's images. */
async function agentPackage({ root, board, madeAt, quick }: SystemOptions, work: string): Promise<string> {
  const { version } = JSON.parse(readFileSync(join(root, 'edge/package.json'), 'utf8')) as { version: string };
  const target = TARGETS[board.architecture];
  const parts = partsFor(target, await bundleAgent(root), version, { root, nodeArmhf: undefined }, work);
  const agent = join(work, 'tashika-edge.deb');
  // Not compressed: it is unpacked at once.
  const how = { madeAt, quick: true };
  writeDebianPackage(agent, parts, { version, madeAt }, how, join(work, 'packages'), (usr) => {
    if (parts.node) trimNode(join(usr.root, NODE), board.architecture, { madeAt, quick });
  });
  return agent;
}

/**
 * Writes what the image adds to Debian as a tarball, the agent's package beside the scripts: for a builder that makes the root
 * and mounts its partitions itself.
 */
export async function writeOverlay(file: string, options: SystemOptions): Promise<void> {
  const work = mkdtempSync(join(tmpdir(), 'tashika-overlay-'));
  try {
    const agent = await agentPackage(options, work);
    copyFileSync(
      overlayOf(options, work, (tree) => {
        rmSync(join(tree.root, 'etc/fstab'));
        tree.copy(join(DEFINITION.scripts.slice(1), 'tashika-edge.deb'), agent);
      }),
      file,
    );
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function overlayOf(options: SystemOptions, work: string, change: (tree: Tree) => void = () => {}): string {
  const { root, board, version, keyring, settings, signer, madeAt } = options;
  const tree = new Tree(join(work, 'overlay'));
  if (settings !== undefined) parseJsonText(readFileSync(settings, 'utf8'));
  layOutOverlay(tree, {
    ...{ root, board, version },
    keyring: readFileSync(keyring ?? signer.certificateFile, 'utf8'),
    settings: settings === undefined ? undefined : readFileSync(settings, 'utf8'),
  });
  change(tree);
  const tarball = join(work, 'overlay.tar');
  const stable = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', `--mtime=@${madeAt}`];
  // Without the folder itself: the root's own mode and owner are Debian's.
  runTool('sh', ['-c', 'cd "$1"; shift; tar "$@" -- *', 'sh', tree.root, ...stable, '-cf', tarball], { madeAt });
  return tarball;
}

import { mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Tree } from '../../edge-package/tree.ts';
import { IDENTITIES, type PartitionSizes } from '../definition.ts';
import { runTool } from '../tool.ts';

/** The images of a disk's partitions, as files in one folder. Slot B is empty until the first update. */
export interface DiskParts {
  readonly bootsel: string;
  readonly boot_a: string;
  readonly boot_b: string;
  readonly system_a: string;
  readonly data: string;
}

/** GPT types (UEFI, and the Discoverable Partitions Specification): systemd grows what is "variable data". */
const TYPES = {
  fat: 'EBD0A0A2-B9E5-4433-87C0-68B6B72699C7',
  linux: 'L',
  variable: '4D21B016-B534-45C2-A9FB-5C16E091FD2D',
};

/** What genimage makes the disk by: six partitions, two of them spare. */
export function genimageConfig(disk: string, parts: DiskParts, sizes: PartitionSizes): string {
  const { bootsel, boot, system, data } = sizes;
  const partition = (name: keyof typeof IDENTITIES.partitions, size: number, type: string, image?: string) =>
    `  partition ${name} {
    size = ${size}M
    partition-type-uuid = "${type}"
    partition-uuid = "${IDENTITIES.partitions[name]}"
${image === undefined ? '' : `    image = "${image}"\n`}  }
`;
  return `image ${disk} {
  hdimage {
    partition-table-type = "gpt"
    disk-uuid = "${IDENTITIES.disk}"
    align = 1M
  }
${partition('bootsel', bootsel, TYPES.fat, parts.bootsel)}${partition('boot_a', boot, TYPES.fat, parts.boot_a)}${partition('boot_b', boot, TYPES.fat, parts.boot_b)}${partition('system_a', system, TYPES.linux, parts.system_a)}${partition('system_b', system, TYPES.linux)}${partition('data', data, TYPES.variable, parts.data)}}
`;
}

/**
 * Writes the disk that a device begins with.
 *
 * @param folder where the parts lie
 */
export function writeDisk(file: string, folder: string, parts: DiskParts, sizes: PartitionSizes, madeAt: number): void {
  const work = join(folder, 'genimage');
  for (const name of ['root', 'tmp', 'out']) mkdirSync(join(work, name), { recursive: true });
  const config = join(work, 'disk.cfg');
  writeFileSync(config, genimageConfig('disk.img', parts, sizes));
  const places = ['--rootpath', join(work, 'root'), '--tmppath', join(work, 'tmp'), '--outputpath', join(work, 'out')];
  runTool('genimage', ['--config', config, '--inputpath', folder, ...places], { madeAt });
  runTool('cp', ['--sparse=always', join(work, 'out/disk.img'), file], { madeAt });
  rmSync(work, { recursive: true });
}

/**
 * An ext4 with the files and folders of a tree, all of it root's. Its identity and the seed of its hashes are fixed, and
 * debugfs makes the files: mke2fs would take over when the tree's were made.
 */
export function writeExt4(file: string, tree: Tree, mebibytes: number, madeAt: number): void {
  rmSync(file, { force: true });
  writeFileSync(file, '');
  truncateSync(file, mebibytes * 2 ** 20);
  const fixed = ['-U', IDENTITIES.data, '-E', `hash_seed=${IDENTITIES.dataHashSeed},root_owner=0:0,lazy_itable_init=0`];
  runTool('mke2fs', ['-q', '-t', 'ext4', '-F', '-L', 'data', ...fixed, file], { madeAt });
  const commands = `${file}.commands`;
  const files = tree
    .files()
    .flatMap((path) => [
      `cd /${dirname(path)}`,
      `write ${join(tree.root, path)} ${basename(path)}`,
      `set_inode_field /${path} uid 0`,
      `set_inode_field /${path} gid 0`,
    ]);
  const folders = tree.folders().map((path) => `mkdir /${path}`);
  writeFileSync(commands, `${[...folders, ...files].join('\n')}\n`);
  runTool('debugfs', ['-w', '-f', commands, file], { madeAt });
  rmSync(commands);
}

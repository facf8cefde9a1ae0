import { copyFileSync, cpSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TashikaError } from '@tashika/shared/errors';
import { IDENTITIES, type Kernel } from '../definition.ts';
import { runTool } from '../tool.ts';

/**
 * What the kernel is told. The slot is filled in where it is known: in the factory's disk, or by the bundle's hook. Nobody
 * is there to be asked, so a data partition that a power cut has damaged is mended without asking (systemd-fsck(8)).
 */
export const CMDLINE =
  'root=PARTLABEL=system_@LABEL@ rootfstype=squashfs ro rootwait rauc.slot=@SLOT@ systemd.volatile=state fsck.repair=yes panic=10 quiet\n';

/** The command line of a slot. */
export function cmdlineOf(slot: 'A' | 'B'): string {
  return CMDLINE.replaceAll('@SLOT@', slot).replaceAll('@LABEL@', slot.toLowerCase());
}

/** What the firmware reads first: slot A is the confirmed one (`system-slot` writes the other text in its place). */
export const AUTOBOOT = '[all]\ntryboot_a_b=1\nboot_partition=2\n[tryboot]\nboot_partition=3\n';

/**
 * A FAT file system with the files of a folder. The same files make the same bytes: its serial number is fixed, and all
 * is of one time.
 *
 * @param mebibytes its size
 */
export function writeFat(file: string, folder: string, label: string, mebibytes: number, madeAt: number): void {
  rmSync(file, { force: true });
  writeFileSync(file, '');
  truncateSync(file, mebibytes * 2 ** 20);
  const fixed = ['--invariant', '-i', IDENTITIES.fat];
  runTool('mkfs.vfat', [...fixed, '-n', label.toUpperCase(), file], { madeAt });
  runTool('find', [folder, '-exec', 'touch', `--date=@${madeAt}`, '{}', '+'], { madeAt });
  const names = readdirSync(folder).sort();
  if (names.length > 0)
    runTool('mcopy', ['-s', '-m', '-i', file, ...names.map((name) => join(folder, name)), '::'], { madeAt });
}

/** Collects what a slot's boot partition holds from an unpacked root into a folder that is there. */
export function collectBoot(root: string, { boot }: Kernel, into: string): void {
  if ('folder' in boot) cpSync(join(root, boot.folder), into, { recursive: true });
  else for (const name of boot.newest) copyFileSync(newestIn(join(root, 'boot'), name), join(into, name));
  writeFileSync(join(into, 'cmdline.txt'), CMDLINE);
}

/** Debian's kernels lie in `/boot` with their version behind their name. */
function newestIn(folder: string, name: string): string {
  const found = readdirSync(folder).filter((each) => each.startsWith(`${name}-`));
  if (found.length === 0)
    throw new TashikaError('IMAGE_BUILD_FAILED', `The root has no ${name} in /boot: no kernel came with it.`);
  return join(folder, found.sort().at(-1)!);
}

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { TashikaError } from '@tashika/shared/errors';

/**
 * What runs on a device by its name, and the Debian package that it is in: RAUC only suggests what it unpacks bundles
 * with, and what is not there is found out by the first update of a device in the field.
 */
export const PROGRAMS: Readonly<Record<string, string>> = {
  // RAUC, and what it runs: a `plain` bundle is a squashfs that it takes apart.
  ...{ rauc: 'rauc', unsquashfs: 'squashfs-tools', 'dbus-run-session': 'dbus-daemon' },
  // The slots' scripts and units.
  ...{ flock: 'util-linux', nsenter: 'util-linux', mountpoint: 'util-linux', mount: 'mount', umount: 'mount' },
  ...{ cksum: 'coreutils', dd: 'coreutils', od: 'coreutils', sync: 'coreutils', sed: 'sed', mktemp: 'coreutils' },
  // The data partition, mended and made to fill the card.
  ...{ 'fsck.ext4': 'e2fsprogs', 'systemd-repart': 'systemd-repart', 'fsck.vfat': 'dosfstools' },
  // The agent, and what it asks.
  ...{ 'tashika-edge': 'tashika-edge', systemctl: 'systemd', 'systemd-notify': 'systemd', timedatectl: 'systemd' },
  ...{ gpiomon: 'gpiod', gpioget: 'gpiod', gpioinfo: 'gpiod', gpiodetect: 'gpiod', mmcli: 'modemmanager' },
};

/**
 * Looks for every program that a device will run.
 *
 * @param tree an unpacked root
 * @throws TashikaError `IMAGE_BUILD_FAILED` with each that is missing, and its Debian package
 */
export function refuseIncomplete(tree: string): void {
  const isThere = (name: string) => ['usr/bin', 'usr/sbin'].some((folder) => existsSync(join(tree, folder, name)));
  const missing = Object.entries(PROGRAMS).filter(([name]) => !isThere(name));
  if (missing.length === 0) return;
  const named = missing.map(([name, debian]) => `${name} (Debian's ${debian})`).join(', ');
  throw new TashikaError(
    'IMAGE_BUILD_FAILED',
    `No image was made: a device would run ${named}, and the root has no such program. Where --root gave an older one, make it anew.`,
  );
}

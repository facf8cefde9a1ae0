import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { TashikaError } from '@tashika/shared/errors';
import { type Board, DEFINITION } from '../definition.ts';
import { runTool } from '../tool.ts';

export interface RootOptions {
  readonly board: Board;
  readonly madeAt: number;
  readonly mirror: string | undefined;
  /** Key of the kernel's own apt source, where the board has one. */
  readonly aptKeyring: string | undefined;
  /** The agent's Debian package. */
  readonly agent: string;
  /** A tarball of what the image adds. */
  readonly overlay: string;
  /** A folder for what is needed meanwhile. */
  readonly work: string;
}

/** Left out of what packages bring; terms of use stay. */
const LEFT_OUT = [
  ...['/usr/share/man/*', '/usr/share/locale/*', '/usr/share/info/*', '/usr/share/doc/*'],
  // Names of makers and models, for people to read: nothing is chosen by them. Under emulation they take minutes to compile.
  ...['/usr/lib/udev/hwdb.d/20-OUI.hwdb', '/usr/lib/udev/hwdb.d/20-*vendor*.hwdb'],
];

/** Where packages say what their initial memory disk needs (mkinitramfs(8)). */
const MODULES = 'usr/share/initramfs-tools/modules.d';

/** Runs last in the root, given as $1: settles what was installed, and takes away what is this machine's or of one time. */
const SETTLE = `set -eu
root=$1
chroot "$root" dpkg --install /tmp/AGENT
rm "$root/tmp/AGENT"
for modules in "$root"/usr/lib/modules/*; do
  chroot "$root" update-initramfs -c -k "$(basename "$modules")"
done
chroot "$root" systemd-sysusers
# Not more of apt's: mmdebstrap itself cleans it afterwards, and wants to find it.
rm -rf "$root"/var/log/* "$root"/var/cache/debconf/* "$root"/var/cache/ldconfig/* "$root"/var/tmp/* "$root"/run/* \\
  "$root"/etc/apt/sources.list "$root"/etc/apt/sources.list.d/*
rm -f "$root"/var/lib/dpkg/*-old "$root"/etc/*- "$root"/etc/ssh/ssh_host_* "$root"/var/lib/systemd/random-seed \\
  "$root"/var/lib/systemd/credential.secret "$root"/var/lib/dbus/machine-id "$root"/etc/.pwd.lock
: > "$root/etc/machine-id"
mkdir -p "$root"/var/lib/private/tashika-edge "$root"/var/lib/tashika-update
chmod 700 "$root/var/lib/private"
`;

/**
 * Debian with the agent as a tarball, by mmdebstrap. Programs of another architecture are run by QEMU's user mode
 * emulation, which the kernel has to know (binfmt_misc).
 *
 * @throws TashikaError `USAGE` where the board's kernel needs a key that was not given; `TOOL_MISSING`
 */
export function makeRoot(file: string, options: RootOptions): void {
  const { board, madeAt, agent, overlay, work } = options;
  const settle = join(work, 'settle');
  writeFileSync(settle, SETTLE.replaceAll('AGENT', basename(agent)), { mode: 0o755 });
  const packages = [...DEFINITION.packages, ...board.kernel.packages];
  runTool(
    'mmdebstrap',
    [
      ...[`--architectures=${board.architecture}`, '--variant=essential', '--format=tar'],
      `--include=${packages.join(',')}`,
      ...LEFT_OUT.map((path) => `--dpkgopt=path-exclude=${path}`),
      '--dpkgopt=path-include=/usr/share/doc/*/copyright',
      // Where the power goes the root is made anew.
      '--dpkgopt=force-unsafe-io',
      ...['--aptopt=Apt::Install-Recommends "false"', '--aptopt=Acquire::Languages "none"'],
      // What has to be in the initial memory disk for the root to be found.
      `--essential-hook=mkdir -p "$1/${MODULES}" && printf 'squashfs\\nloop\\n' >"$1/${MODULES}/tashika"`,
      `--customize-hook=tar-in ${overlay} /`,
      `--customize-hook=copy-in ${agent} /tmp`,
      `--customize-hook=${settle} "$1"`,
      ...['--skip=cleanup/tmp', DEFINITION.debian.suite, file],
      options.mirror ?? DEFINITION.debian.mirror,
      ...sourceOf(board, options.aptKeyring),
    ],
    // Kernel packages then make no initial memory disk: it is made once, when all is there that belongs into it.
    { madeAt, env: { INITRD: 'No' } },
  );
}

function sourceOf({ name, kernel }: Board, keyring: string | undefined): string[] {
  if (!kernel.source) return [];
  if (keyring === undefined)
    throw new TashikaError(
      'USAGE',
      `The kernel of ${name} is from an archive of its own; --apt-keyring FILE is the key that it is signed with (${kernel.source.keyring}).`,
    );
  return [kernel.source.line.replace('KEYRING', keyring)];
}

import type { Architecture } from '../edge-package/target.ts';

/** What a machine is started with, and where that comes from. */
export interface Kernel {
  readonly packages: readonly string[];
  /** An apt source besides Debian's, as one line of `sources.list`, and the key that it is signed with. */
  readonly source?: { readonly line: string; readonly keyring: string };
  /** What of the root becomes the boot partition: a folder's contents, or the newest file of a name. */
  readonly boot: { readonly folder: string } | { readonly newest: readonly string[] };
}

/** A kind of machine, by the name that RAUC calls `compatible`. */
export interface Board {
  readonly name: string;
  readonly architecture: Architecture;
  readonly description: string;
  readonly kernel: Kernel;
}

/** An emulated machine is handed kernel and initial memory disk: it has no firmware that reads a partition. */
const DEBIAN_BOOT = { newest: ['vmlinuz', 'initrd.img'] } as const;

const RASPBERRY_PI: Kernel = {
  packages: ['linux-image-rpi-v8', 'raspi-firmware'],
  source: {
    line: 'deb [signed-by=KEYRING] https://archive.raspberrypi.com/debian trixie main',
    keyring: 'raspberrypi-archive-keyring.pgp',
  },
  boot: { folder: 'boot/firmware' },
};

export const BOARDS: readonly Board[] = [
  {
    name: 'tashika-rpi-arm64',
    architecture: 'arm64',
    description: 'Raspberry Pi 4, 400, CM4 and 5, with an EEPROM of 2021 or newer',
    kernel: RASPBERRY_PI,
  },
  {
    name: 'tashika-vm-arm64',
    architecture: 'arm64',
    description: 'an emulated arm64 machine with virtio devices (qemu-system-aarch64 -M virt)',
    kernel: { packages: ['linux-image-cloud-arm64'], boot: DEBIAN_BOOT },
  },
  {
    name: 'tashika-vm-amd64',
    architecture: 'amd64',
    description: 'an emulated x86-64 machine with virtio devices',
    kernel: { packages: ['linux-image-cloud-amd64'], boot: DEBIAN_BOOT },
  },
];

/** How large the partitions are, MiB. There are two of `boot` and of `system`. */
export type PartitionSizes = Readonly<Record<'bootsel' | 'boot' | 'system' | 'data', number>>;

/** What both products are made from. */
export const DEFINITION = {
  debian: { suite: 'trixie', mirror: 'http://deb.debian.org/debian' },
  /**
   * No apt and no ssh: an image is replaced as a whole, and nobody logs in. No ca-certificates: what asks over TLS is the
   * agent, and its Node brings the roots it trusts.
   */
  packages: [
    ...[
      'systemd',
      'systemd-sysv',
      'systemd-timesyncd',
      'systemd-repart',
      'udev',
      'dbus',
      'kmod',
      'mount',
      'util-linux',
    ],
    ...['initramfs-tools', 'zstd', 'dmsetup', 'e2fsprogs', 'dosfstools', 'iproute2'],
    // The link: a modem, and what brings it up.
    ...['network-manager', 'modemmanager'],
    // Updates, and the agent's GPIO lines.
    ...['rauc', 'rauc-service', 'squashfs-tools', 'gpiod'],
  ],
  /** In the order that they lie on the disk; firmware counts them from 1, and reads the first one's autoboot.txt. */
  partitions: { bootsel: 16, boot: 128, system: 1024, data: 256 } as PartitionSizes,
  /**
   * Of the squashfs that a slot holds. xz, because bytes over a cellular link are dearer than a second at the start. The
   * agent is one large program that is read nearly whole, so its blocks are as large as they can be; of a system single
   * files are read.
   */
  squashfs: { agent: ['-comp', 'xz', '-b', '1M'], system: ['-comp', 'xz', '-b', '256K'] },
  /** Of a carried Node: what the agent says is English, and what it is told may be sorted as Japanese. */
  languages: ['en', 'ja'],
  /** Takes symbols for debuggers out of Node: a tenth of an agent bundle. What add-ons are linked by stays. */
  strip: { arm64: 'aarch64-linux-gnu-strip', armhf: 'arm-linux-gnueabihf-strip', amd64: 'x86_64-linux-gnu-strip' },
  /** Where on the device the scripts of RAUC lie. */
  scripts: '/usr/lib/tashika-image',
} as const;

/** Names for what must be the same in each build: a random one would be another each time. */
export const IDENTITIES = {
  disk: '7a5cd7a9-2f0b-4d0e-9d3b-1f3a5c7e9b01',
  partitions: {
    bootsel: '7a5cd7a9-2f0b-4d0e-9d3b-1f3a5c7e9b11',
    boot_a: '7a5cd7a9-2f0b-4d0e-9d3b-1f3a5c7e9b12',
    boot_b: '7a5cd7a9-2f0b-4d0e-9d3b-1f3a5c7e9b13',
    system_a: '7a5cd7a9-2f0b-4d0e-9d3b-1f3a5c7e9b14',
    system_b: '7a5cd7a9-2f0b-4d0e-9d3b-1f3a5c7e9b15',
    data: '7a5cd7a9-2f0b-4d0e-9d3b-1f3a5c7e9b16',
  },
  /** File system of the data partition, and the seed of its directories' hashes. */
  data: '7a5cd7a9-2f0b-4d0e-9d3b-1f3a5c7e9b21',
  dataHashSeed: '7a5cd7a9-2f0b-4d0e-9d3b-1f3a5c7e9b22',
  /** Serial number of the FAT file systems. */
  fat: '7a5cd7a9',
} as const;

/** The board of that name; undefined where the definition has none. */
export function boardOf(name: string): Board | undefined {
  return BOARDS.find((board) => board.name === name);
}

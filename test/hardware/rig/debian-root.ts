import type { ChildProcess } from 'node:child_process';
import { execFileSync, type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { haveCommand } from '../../rig/index.ts';
import { DebianArchive } from './debian.ts';
import { kept } from './kept.ts';

const EMULATOR = 'qemu-aarch64-static';
/** Raise it when what is kept there changes. */
const EDITION = 'debian-13-arm64.2';

/** What dpkg, the package's own scripts and Node need; their dependencies come with them. */
const PACKAGES = [
  ...['base-files', 'base-passwd', 'dash', 'coreutils', 'sed', 'grep', 'diffutils', 'tar', 'perl-base', 'libc-bin'],
  ...['dpkg', 'init-system-helpers', 'systemd-standalone-sysusers', 'libstdc++6', 'libgcc-s1', 'gpiod'],
];

/** The kernel hands arm64 programs to the emulator, in this namespace alone (Linux 6.7 and newer; admin-guide/binfmt-misc). */
const MAGIC =
  String.raw`:tashika-arm64:M::\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00` +
  String.raw`:\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff:`;

const ENTER = `
root=$1; emulator=$2; magic=$3; shift 3
mount -t binfmt_misc none /proc/sys/fs/binfmt_misc
printf '%s' "$magic$emulator:F" > /proc/sys/fs/binfmt_misc/register
for each in dev proc sys; do mount --rbind "/$each" "$root/$each"; done
exec chroot "$root" "$@"
`;

/** Whether this machine can run arm64 programs in a root of their own. Each tool that is missing is named. */
export function haveDebianRootTools(): boolean {
  return [EMULATOR, 'unshare', 'apt-get', 'dpkg-deb', 'xz', 'npm'].map(haveCommand).every((have) => have);
}

/**
 * Debian 13 for arm64 in a folder, with the real dpkg, shell and perl, run by QEMU's user mode emulation. Its packages
 * are unpacked and noted as installed; their own scripts were not run.
 */
export class DebianRoot {
  readonly path: string;

  /** @param path where it is laid out */
  constructor(path: string) {
    execFileSync('cp', ['-a', kept(EDITION, makeRoot), path]);
    this.path = path;
  }

  /** Runs a program in it to its end. */
  run(...command: readonly string[]): SpawnSyncReturns<string> {
    const [program, args] = this.#entered(command);
    return spawnSync(program, args, { encoding: 'utf8', env: ENVIRONMENT });
  }

  /** Starts a program in it; a signal goes to the program itself. */
  start(...command: readonly string[]): ChildProcess {
    const [program, args] = this.#entered(command);
    return spawn(program, args, { env: ENVIRONMENT, stdio: ['ignore', 'pipe', 'pipe'] });
  }

  read(path: string): string {
    return readFileSync(join(this.path, path), 'utf8');
  }

  write(path: string, content: string): void {
    writeFileSync(join(this.path, path), content);
  }

  has(path: string): boolean {
    return spawnSync('test', ['-e', join(this.path, path), '-o', '-L', join(this.path, path)]).status === 0;
  }

  #entered(command: readonly string[]): [string, string[]] {
    const emulator = execFileSync('sh', ['-c', `command -v ${EMULATOR}`], { encoding: 'utf8' }).trim();
    const namespaces = ['--user', '--map-root-user', '--mount'];
    return ['unshare', [...namespaces, 'sh', '-euc', ENTER, 'enter', this.path, emulator, MAGIC, ...command]];
  }
}

const ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C',
  DEBIAN_FRONTEND: 'noninteractive',
};

function makeRoot(root: string): void {
  const work = `${root}.work`;
  rmSync(work, { recursive: true, force: true });
  mkdirSync(root, { recursive: true });
  const debian = new DebianArchive(work, 'arm64', ['trixie']);
  debian.update();
  const packages = debian.download(PACKAGES);
  // First of all what makes /bin, /lib and /sbin links into /usr.
  packages.sort((a, b) => Number(b.includes('/base-files_')) - Number(a.includes('/base-files_')));
  for (const each of packages) execFileSync('dpkg-deb', ['--extract', each, root]);

  const database = join(root, 'var/lib/dpkg');
  for (const folder of ['info', 'updates', 'triggers']) mkdirSync(join(database, folder), { recursive: true });
  const status = packages.map((each) => {
    const [name, ...fields] = execFileSync('dpkg-deb', ['--field', each], { encoding: 'utf8' }).trimEnd().split('\n');
    const own = name!.split(' ')[1]!;
    const shared = fields.includes('Multi-Arch: same') ? ':arm64' : '';
    writeFileSync(join(database, 'info', `${own}${shared}.list`), '');
    return [name, 'Status: install ok installed', ...fields, ''].join('\n');
  });
  writeFileSync(join(database, 'status'), `${status.join('\n')}\n`);
  for (const name of ['passwd', 'group'])
    cpSync(join(root, `usr/share/base-passwd/${name}.master`), join(root, 'etc', name));
  for (const name of ['dev', 'proc', 'sys', 'tmp']) mkdirSync(join(root, name), { recursive: true });
  rmSync(work, { recursive: true });
}

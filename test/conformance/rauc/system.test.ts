import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { boardOf, payloadOf, type Signer, Tree, writeSystem } from '@tashika/deploy/image';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { haveCommand } from '../../rig/index.ts';
import { MADE_AT, signerNamed } from './agent-bundles.ts';
import { haveRauc } from './device.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const BOARD = boardOf('tashika-vm-amd64')!;
const SECTOR = 512;
/** A whole disk's would only be empty. */
const SIZES = { bootsel: 8, boot: 8, system: 2, data: 8 };

/** What a system image is packed with. */
function havePackers(): boolean {
  return ['genimage', 'mcopy', '/usr/sbin/mkfs.vfat', '/usr/sbin/mke2fs', '/usr/sbin/debugfs']
    .map(haveCommand)
    .every((have) => have);
}

describe.skipIf(!haveRauc() || !havePackers())('a system image, of a root that is only a few files', () => {
  const directory = mkdtempSync(join(tmpdir(), 'tashika-system-'));
  let signer: Signer;
  let built: { bundle: string; disk: string };

  /** Packs the same root, as the whole build does it. */
  function pack(name: string): { bundle: string; disk: string } {
    const work = join(directory, name);
    const root = new Tree(join(work, 'root'));
    root.file('usr/bin/hello', '#!/bin/sh\necho hello\n', 0o755);
    for (const file of ['vmlinuz-6.12.9', 'vmlinuz-6.12.10', 'initrd.img-6.12.10']) root.file(`boot/${file}`, file);
    root.directory('data');
    const tarball = join(work, 'root.tar');
    const stable = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', `--mtime=@${MADE_AT}`];
    execFileSync('tar', [...stable, '-cf', tarball, '-C', root.root, '.']);
    const made = { bundle: join(directory, `${name}.raucb`), disk: join(directory, `${name}.img`) };
    const how = { root: ROOT, board: BOARD, version: '1.0.0', madeAt: MADE_AT, quick: true, format: 'plain' as const };
    writeSystem(made.bundle, { ...how, signer, tarball, unpacked: root.root, work, disk: made.disk, sizes: SIZES });
    return made;
  }

  beforeAll(() => {
    signer = signerNamed(directory, 'own');
    built = pack('first');
  }, 60_000);

  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it('is the same bytes when it is built again: the disk, and the bundle but for its signature', () => {
    const again = pack('again');
    const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
    expect(digest(payloadOf(again.bundle))).toBe(digest(payloadOf(built.bundle)));
    expect(spawnSync('cmp', [again.disk, built.disk]).status).toBe(0);
  });

  it('is a disk of six partitions, the first of which tells the firmware which slot is confirmed', () => {
    const partitions = partitionsOf(built.disk);
    expect(partitions.map(({ name }) => name)).toEqual(['bootsel', 'boot_a', 'boot_b', 'system_a', 'system_b', 'data']);
    const read = (index: number, file: string) =>
      execFileSync('mtype', ['-i', `${built.disk}@@${partitions[index]!.start}`, `::${file}`], { encoding: 'utf8' });
    expect(read(0, 'autoboot.txt')).toMatch(/^\[all\]\ntryboot_a_b=1\nboot_partition=2\n/);
    expect(read(1, 'cmdline.txt')).toMatch(/root=PARTLABEL=system_a .* rauc\.slot=A /);
    expect(read(2, 'cmdline.txt')).toMatch(/root=PARTLABEL=system_b .* rauc\.slot=B /);
    expect(read(1, 'vmlinuz')).toBe('vmlinuz-6.12.9'); // By name, as Debian's own links are not followed.
  });

  it('is installed by RAUC into both parts of the other slot, and the boot partition learns which slot it is', () => {
    const device = join(directory, 'device');
    for (const folder of ['mnt', 'slots', 'run', 'bootsel']) mkdirSync(join(device, folder), { recursive: true });
    const partitions = partitionsOf(built.disk);
    for (const { name, start, bytes } of partitions.filter((each) => /^(boot|system)_/.test(each.name)))
      execFileSync('dd', [
        ...[`if=${built.disk}`, `of=${join(device, name)}`, 'bs=1M', 'conv=sparse', 'status=none'],
        ...[`skip=${start / 2 ** 20}`, `count=${bytes / 2 ** 20}`],
      ]);
    const conf = readFileSync(join(ROOT, 'deploy/image/rauc/system.conf'), 'utf8')
      .replaceAll('@COMPATIBLE@', BOARD.name)
      .replaceAll('/dev/disk/by-partlabel/', `${device}/`)
      .replaceAll('/data/tashika/system-slots', join(device, 'slots'))
      .replaceAll('/run/tashika-system/rauc', join(device, 'mnt'))
      .replaceAll('/etc/rauc/keyring.pem', signer.certificateFile)
      .replaceAll('/usr/lib/tashika-image', join(ROOT, 'deploy/image/rauc'));
    writeFileSync(join(device, 'system.conf'), conf);
    writeFileSync(join(device, 'cmdline'), 'rauc.slot=A\n');
    writeFileSync(
      join(device, 'bootsel/autoboot.txt'),
      '[all]\ntryboot_a_b=1\nboot_partition=2\n[tryboot]\nboot_partition=3\n',
    );
    const env = {
      ...process.env,
      TASHIKA_SYSTEM_SLOTS: join(device, 'slots'),
      TASHIKA_SYSTEM_RUN: join(device, 'run'),
      TASHIKA_BOOTSEL: join(device, 'bootsel'),
      TASHIKA_CMDLINE: join(device, 'cmdline'),
      PATH: `${mountOfFat(device)}:${process.env.PATH}`,
    };
    const before = digestOfFile(join(device, 'system_a'));
    const said = spawnSync(
      'dbus-run-session',
      ['--', 'sh', '-c', INSTALL, 'sh', join(device, 'system.conf'), built.bundle],
      {
        encoding: 'utf8',
        env,
      },
    );
    expect({ code: said.status, said: said.stdout + said.stderr }).toMatchObject({
      code: 0,
      said: expect.stringContaining('succeeded'),
    });
    expect(digestOfFile(join(device, 'system_a'))).toBe(before);
    expect(
      JSON.parse(execFileSync(join(ROOT, 'deploy/image/rauc/system-slot'), ['status'], { env, encoding: 'utf8' })),
    ).toMatchObject({
      current: 'A',
      primary: 'A',
      trial: 'B',
    });
    const squashfs = join(directory, 'first/system.squashfs');
    expect(readFirst(join(device, 'system_b'), statSync(squashfs).size).equals(readFileSync(squashfs))).toBe(true);
    const cmdline = execFileSync('mtype', ['-i', join(device, 'boot_b'), '::cmdline.txt'], { encoding: 'utf8' });
    expect(cmdline).toMatch(/root=PARTLABEL=system_b .* rauc\.slot=B /);
  });
});

/**
 * Programs in the place of mount and umount, by mtools, for a boot partition alone: not every kernel that tests run on
 * knows FAT.
 */
function mountOfFat(device: string): string {
  const tools = new Tree(join(device, 'tools'));
  const real = (name: string) => execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim();
  const mount = `case " $* " in *" vfat "*) ;; *) exec ${real('mount')} "$@" ;; esac
for each do from=$to to=$each; done
mcopy -s -i "$from" '::*' "$to" && echo "$from" >"$to.device"`;
  const umount = `for each do to=$each; done
[ -e "$to.device" ] || exec ${real('umount')} "$@"
mcopy -o -s -i "$(cat "$to.device")" "$to"/* :: && rm -r "$to.device" "$to"/*`;
  tools.file('mount', `#!/bin/sh\n${mount}\n`, 0o755);
  tools.file('umount', `#!/bin/sh\n${umount}\n`, 0o755);
  return tools.root;
}

/** RAUC's service on a bus of its own, and the install, when it is there. */
const INSTALL = `export DBUS_STARTER_BUS_TYPE=session
rauc --conf="$1" --override-boot-slot=A service & service=$!
n=0
until rauc status >/dev/null 2>&1 || [ "$n" = 200 ]; do n=$((n + 1)); sleep 0.05; done
rauc install "$2"; code=$?
kill $service
exit $code`;

/** The partitions of a GPT (UEFI specification, 5.3), in bytes. */
function partitionsOf(disk: string): { name: string; start: number; bytes: number }[] {
  const table = readFirst(disk, 34 * SECTOR).subarray(2 * SECTOR);
  return Array.from({ length: 128 }, (_, index) => table.subarray(index * 128, (index + 1) * 128))
    .filter((entry) => entry.subarray(0, 16).some((byte) => byte !== 0))
    .map((entry) => {
      const [first, last] = [32, 40].map((at) => Number(entry.readBigUInt64LE(at))) as [number, number];
      const name = entry.toString('utf16le', 56, 128).replaceAll('\0', '');
      return { name, start: first * SECTOR, bytes: (last - first + 1) * SECTOR };
    });
}

function readFirst(file: string, bytes: number): Buffer {
  const content = Buffer.alloc(bytes);
  const descriptor = openSync(file, 'r');
  try {
    readSync(descriptor, content, 0, bytes, 0);
    return content;
  } finally {
    closeSync(descriptor);
  }
}

const digestOfFile = (file: string) => execFileSync('sha256sum', [file], { encoding: 'utf8' }).split(' ')[0];

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Tree } from '../../edge-package/tree.ts';
import { BOARDS, DEFINITION, IDENTITIES } from '../definition.ts';
import { AUTOBOOT, cmdlineOf } from './boot-partition.ts';
import { genimageConfig } from './disk.ts';
import { layOutOverlay } from './overlay.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

function overlay(): Tree {
  const tree = new Tree(mkdtempSync(join(tmpdir(), 'tashika-overlay-')));
  onTestFinished(() => rmSync(tree.root, { recursive: true }));
  layOutOverlay(tree, { root: ROOT, board: BOARDS[0]!, version: '1.2.3', keyring: 'CERTIFICATE', settings: undefined });
  return tree;
}

describe('what the image adds to Debian', () => {
  const tree = () => overlay();
  const read = (of: Tree, path: string) => readFileSync(join(of.root, path), 'utf8');

  it('has no identity, and leaves no placeholder', () => {
    const laidOut = tree();
    expect(read(laidOut, 'etc/machine-id')).toBe('');
    for (const path of laidOut.files()) expect(read(laidOut, path), path).not.toMatch(/@[A-Z]+@/);
    expect(read(laidOut, 'etc/rauc/agent.conf')).toContain(`compatible=${BOARDS[0]!.name}\n`);
  });

  it('has every program and file that its units and RAUC name', () => {
    const laidOut = tree();
    const files = laidOut.files().map((path) => `/${path}`);
    const named = files
      .filter((path) => /\.(service|conf)$/.test(path))
      .flatMap(
        (path) =>
          read(laidOut, path.slice(1)).match(/\/usr\/lib\/tashika-image\/[\w-]+|\/etc\/rauc\/keyring\.pem/g) ?? [],
      );
    expect(named.length).toBeGreaterThanOrEqual(7);
    for (const path of named) expect(files).toContain(path);
  });

  it('lets a slot be mounted before the agent starts, whose own devices are a short list', () => {
    const unit = readFileSync(join(ROOT, 'edge/systemd/tashika-edge.service'), 'utf8');
    const dropIn = read(tree(), 'usr/lib/systemd/system/tashika-edge.service.d/slot.conf');
    expect(unit).toMatch(/^DevicePolicy=closed$/m);
    expect(dropIn).toMatch(/^ExecStartPre=\+\/usr\/bin\/nsenter --mount=\/proc\/1\/ns\/mnt .*\/agent-slot select$/m);
    for (const device of ['/dev/loop-control', 'block-loop']) expect(dropIn).toContain(`\nDeviceAllow=${device} rw\n`);
  });

  it('keeps all that lasts on the data partition, and the root as it is', () => {
    const fstab = read(tree(), 'etc/fstab');
    expect(fstab).toMatch(/^PARTLABEL=data \/data ext4 rw/m);
    expect(fstab).toMatch(/^\/data\/tashika\/agent \/var\/lib\/private\/tashika-edge none bind/m);
    expect(fstab).not.toMatch(/^\S+ \/ /m);
    expect(cmdlineOf('A')).toMatch(/^root=PARTLABEL=system_a rootfstype=squashfs ro .* rauc\.slot=A /);
    expect(cmdlineOf('B')).toMatch(/^root=PARTLABEL=system_b rootfstype=squashfs ro .* rauc\.slot=B /);
  });
});

describe('a device whose data partition can not be mounted', () => {
  it('has it mended without asking, and restarts where that was in vain: nobody is there for an emergency shell', () => {
    const at = 'usr/lib/systemd/system/emergency.service.d/restart.conf';
    const dropIn = readFileSync(join(overlay().root, at), 'utf8');
    expect(dropIn).toMatch(/^SuccessAction=reboot\nFailureAction=reboot$/m);
    expect(dropIn).toMatch(/^ExecStart=\nExecStart=\/usr\/bin\/sleep 300$/m);
    for (const slot of ['A', 'B'] as const) expect(cmdlineOf(slot)).toContain(' fsck.repair=yes ');
  });
});

describe('the disk that a device begins with', () => {
  it('has the partitions where firmware and RAUC look for them, with identities that are the same each time', () => {
    const parts = { bootsel: 'bootsel', boot_a: 'a', boot_b: 'b', system_a: 'system', data: 'data' };
    const config = genimageConfig('disk.img', parts, DEFINITION.partitions);
    const names = [...config.matchAll(/partition (\w+) \{/g)].map(([, name]) => name);
    expect(names).toEqual(['bootsel', 'boot_a', 'boot_b', 'system_a', 'system_b', 'data']);
    // Firmware counts partitions from 1.
    expect(AUTOBOOT).toBe(
      `[all]\ntryboot_a_b=1\nboot_partition=${names.indexOf('boot_a') + 1}\n[tryboot]\nboot_partition=${names.indexOf('boot_b') + 1}\n`,
    );
    for (const identity of [IDENTITIES.disk, ...Object.values(IDENTITIES.partitions)])
      expect(config).toContain(identity);
    expect(config.match(/image = /g)).toHaveLength(5);
    const systemConf = readFileSync(join(ROOT, 'deploy/image/rauc/system.conf'), 'utf8');
    for (const name of ['boot_a', 'boot_b', 'system_a', 'system_b'])
      expect(systemConf).toContain(`by-partlabel/${name}\n`);
  });
});

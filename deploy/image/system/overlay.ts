import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Tree } from '../../edge-package/tree.ts';
import { type Board, DEFINITION } from '../definition.ts';

export interface OverlayParts {
  /** The repository. */
  readonly root: string;
  readonly board: Board;
  readonly version: string;
  /** What bundles must be signed under, PEM. */
  readonly keyring: string;
  /** The agent's settings for all devices, JSON; undefined where the SIM's group has them all. */
  readonly settings: string | undefined;
}

const SCRIPTS = ['agent-slot', 'system-slot', 'install-bundle'];
const UNITS = [
  'tashika-edge-update.service',
  'tashika-system-slot.service',
  'tashika-trial.service',
  'tashika-trial.timer',
];
const DROP_INS: readonly (readonly [unit: string, name: string])[] = [
  ['tashika-edge.service', 'slot.conf'],
  ['emergency.service', 'restart.conf'],
];
const WANTED: readonly (readonly [unit: string, target: string])[] = [
  ['tashika-edge-update.service', 'multi-user.target'],
  ['tashika-system-slot.service', 'multi-user.target'],
  ['tashika-trial.timer', 'timers.target'],
];

/** The root is a squashfs, `/var` is in memory, and what lasts is on the data partition. */
const FSTAB = `PARTLABEL=data /data ext4 rw,nodev,nosuid,noatime,x-systemd.growfs 0 2
PARTLABEL=bootsel /bootsel vfat ro,nodev,nosuid,noexec,umask=0077,nofail 0 0
tmpfs /tmp tmpfs rw,nodev,nosuid,size=25% 0 0
/data/tashika/agent /var/lib/private/tashika-edge none bind,x-systemd.requires-mounts-for=/data 0 0
/data/tashika/update /var/lib/tashika-update none bind,x-systemd.requires-mounts-for=/data 0 0
`;

/** What the image adds to Debian's packages and the agent's, laid out as it lies on the device. */
export function layOutOverlay(tree: Tree, { root, board, version, keyring, settings }: OverlayParts): void {
  const own = (name: string) => join(root, 'deploy/image/rauc', name);
  const scripts = DEFINITION.scripts.slice(1);
  for (const name of SCRIPTS) tree.copy(join(scripts, name), own(name), 0o755);
  tree.copy(join(scripts, 'slot-state.sh'), own('slot-state.sh'));
  for (const name of ['agent.conf', 'system.conf'])
    tree.file(join('etc/rauc', name), readFileSync(own(name), 'utf8').replaceAll('@COMPATIBLE@', board.name));
  tree.file('etc/rauc/keyring.pem', keyring);
  for (const name of UNITS) tree.copy(join('usr/lib/systemd/system', name), own(`systemd/${name}`));
  for (const [unit, name] of DROP_INS)
    tree.copy(`usr/lib/systemd/system/${unit}.d/${name}`, own(`systemd/${unit}.d-${name}`));
  for (const [unit, target] of WANTED)
    tree.link(`etc/systemd/system/${target}.wants/${unit}`, `/usr/lib/systemd/system/${unit}`);

  // A kernel that hangs is ended by the Pi's own watchdog, and the former slot boots.
  tree.file('usr/lib/systemd/system.conf.d/tashika.conf', '[Manager]\nRuntimeWatchdogSec=15\nRebootWatchdogSec=2min\n');
  tree.file('usr/lib/systemd/journald.conf.d/tashika.conf', '[Journal]\nStorage=volatile\nRuntimeMaxUse=16M\n');
  tree.file('usr/lib/repart.d/50-data.conf', '[Partition]\nType=var\nLabel=data\n');
  tree.file('usr/lib/NetworkManager/conf.d/tashika.conf', '[keyfile]\npath=/data/tashika/settings/connections\n');
  tree.file('etc/fstab', FSTAB);
  tree.file('etc/hostname', 'tashika\n');
  tree.file('etc/machine-id', '');
  tree.link('etc/resolv.conf', '/run/NetworkManager/resolv.conf');
  tree.file('etc/tashika/image.json', `${JSON.stringify({ kind: 'system', version, board: board.name })}\n`);
  if (settings !== undefined) tree.file('etc/tashika-edge/config.json', settings);
  for (const folder of ['data', 'bootsel']) tree.directory(folder);
}

/** What the data partition begins with. The agent's slots are there and empty: RAUC makes no files. */
export function layOutData(tree: Tree): void {
  for (const slot of ['a', 'b']) tree.file(`tashika/agent-slots/${slot}.img`, '', 0o600);
  for (const folder of ['system-slots', 'settings', 'settings/connections', 'agent', 'update'])
    tree.directory(`tashika/${folder}`);
}

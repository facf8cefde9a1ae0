import { haveCommand } from '../../rig/index.ts';
import { MAKE_EXT4 } from './disk.ts';
import { QEMU } from './guest.ts';
import { COMPILER } from './image.ts';

/** Whether this machine can build and run the guest. Each tool that is missing is named. */
export function haveGuestTools(): boolean {
  return [QEMU, COMPILER, MAKE_EXT4, 'apt-get', 'dpkg-deb', 'xz', 'npm'].map(haveCommand).every((have) => have);
}

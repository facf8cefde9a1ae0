import { execFileSync } from 'node:child_process';
import { truncateSync, writeFileSync } from 'node:fs';

export const MAKE_EXT4 = 'mke2fs';

/** Makes a file that is a disk of so many bytes with an ext4 file system. */
export function ext4Disk(file: string, bytes: number): string {
  writeFileSync(file, '');
  truncateSync(file, bytes);
  execFileSync(MAKE_EXT4, ['-q', '-t', 'ext4', '-F', file], { stdio: 'pipe' });
  return file;
}

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { PROGRAMS, refuseIncomplete } from './programs.ts';

function rootWithout(...missing: string[]): string {
  const root = mkdtempSync(join(tmpdir(), 'tashika-programs-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const folder of ['usr/bin', 'usr/sbin']) mkdirSync(join(root, folder), { recursive: true });
  for (const name of Object.keys(PROGRAMS).filter((each) => !missing.includes(each)))
    writeFileSync(join(root, name.startsWith('fsck') ? 'usr/sbin' : 'usr/bin', name), '');
  return root;
}

it('a root with all that a device runs becomes an image', () => {
  expect(() => refuseIncomplete(rootWithout())).not.toThrow();
});

it('a root that could not take a bundle apart does not, and its maker is told what to install', () => {
  expect(() => refuseIncomplete(rootWithout('unsquashfs', 'fsck.ext4'))).toThrow(
    "a device would run unsquashfs (Debian's squashfs-tools), fsck.ext4 (Debian's e2fsprogs)",
  );
});

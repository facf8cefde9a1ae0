import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { LineFile } from '../line-file.ts';

/** A directory whose disk can be filled. */
export interface SmallDisk {
  readonly directory: string;
  /** From now on nothing more can be written. */
  fill(): void;
  /** Makes room again. */
  free(): void;
  remove(): void;
}

/** Root can mount a small tmpfs; for others the files' appends fail as on a full disk. */
export function smallDisk(): SmallDisk {
  const directory = mkdtempSync(join(tmpdir(), 'tashika-disk-'));
  const remove = () => rmSync(directory, { recursive: true, force: true });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', directory], { stdio: 'ignore' });
  } catch {
    return { directory, fill: failAppends, free: () => vi.restoreAllMocks(), remove };
  }
  const ballast = join(directory, 'ballast');
  return {
    directory,
    fill: () => {
      try {
        writeFileSync(ballast, Buffer.alloc(2 ** 20));
      } catch {
        // it is full now
      }
    },
    free: () => rmSync(ballast),
    remove: () => {
      execFileSync('umount', ['--lazy', directory]); // a failed test may still have files open
      remove();
    },
  };
}

function failAppends(): void {
  vi.spyOn(LineFile.prototype, 'append').mockImplementation(() => {
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  });
}

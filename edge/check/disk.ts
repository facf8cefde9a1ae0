import { mkdtemp, readdir, rmdir, stat, statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { messageOf } from '@tashika/shared/errors';
import type { EdgeConfiguration } from '../config/index.ts';
import type { CheckLine } from '../sensors/index.ts';

/** What statfs(2) calls file systems that live in memory: tmpfs and ramfs. */
const IN_MEMORY = new Set([0x01021994, 0x858458f6]);

/** Whether the spool's place can be written, survives a restart, and has room for a full spool. */
export async function checkDisk({
  dataDirectory,
  spool,
}: Pick<EdgeConfiguration, 'dataDirectory' | 'spool'>): Promise<readonly CheckLine[]> {
  const directory = resolve(dataDirectory);
  const line = (verdict: CheckLine['verdict'], detail: string): CheckLine[] => [{ subject: 'disk', verdict, detail }];
  try {
    const place = await nearestExisting(directory);
    if (!(await stat(place)).isDirectory())
      return line('fail', `${place} is a file, not a directory. Choose another dataDirectory.`);
    await tryToWrite(place);
    const held = await bytesBelow(join(directory, 'spool'));
    const disk = await statfs(place);
    const free = disk.bavail * disk.bsize;
    const found = `${directory} can be written; ${megabytes(free)} are free, the spool has ${megabytes(held)} of at most ${megabytes(spool.maxBytes)}.`;
    if (IN_MEMORY.has(disk.type))
      return line('warn', `${found} But it is in memory: a restart loses what is held. Put dataDirectory on a disk.`);
    if (free < spool.segmentBytes) return line('fail', `${found} There is no room for one more file. Free some space.`);
    if (free < spool.maxBytes - held)
      return line('warn', `${found} The disk is full before the spool is. Free some space, or lower spool.maxBytes.`);
    return line('ok', found);
  } catch (error) {
    return line(
      'fail',
      `${directory} can't be written (${messageOf(error)}). Make it writable for the agent's user and run the check as that user, or choose another dataDirectory.`,
    );
  }
}

/** The directory itself, or the one that it would be made in. */
async function nearestExisting(directory: string): Promise<string> {
  try {
    await stat(directory);
    return directory;
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (!missing || dirname(directory) === directory) throw error;
    return nearestExisting(dirname(directory));
  }
}

/** Permissions are not the whole answer: the disk may be mounted read-only, as a worn SD card is. */
async function tryToWrite(directory: string): Promise<void> {
  await rmdir(await mkdtemp(join(directory, '.tashika-check-')));
}

/** An agent may be at work: what it removes meanwhile counts nothing. */
async function bytesBelow(directory: string): Promise<number> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const sizes = await Promise.all(
    files.map((file) =>
      stat(file).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

function megabytes(bytes: number): string {
  return bytes < 10_000_000 ? `${(bytes / 1e6).toFixed(1)} MB` : `${Math.round(bytes / 1e6)} MB`;
}

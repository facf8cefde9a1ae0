import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { link, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TashikaError } from '@tashika/shared/errors';

interface Holder {
  readonly pid: number;
  /** When the process started, in the system's own unit; null where the system does not tell. */
  readonly started: string | null;
  /** Tells this lock from another one that the same process takes later. */
  readonly token: string;
}

const held = new Set<string>();

/**
 * Takes `directory` for this process alone. The lock is a file that names its holder; one whose holder is
 * no longer alive is taken over, so that a kill leaves nothing stuck. It guards against other processes of
 * the same machine, not against another container or host on a shared volume.
 *
 * @returns the release, idempotent
 * @throws TashikaError DATA_DIRECTORY_IN_USE with the holder's pid, DATA_DIRECTORY_UNWRITABLE
 */
export async function lockDirectory(directory: string): Promise<() => Promise<void>> {
  const path = join(directory, 'lock');
  const mine: Holder = { pid: process.pid, started: startOf(process.pid), token: randomUUID() };
  const draft = join(directory, `lock.${mine.token}`);
  try {
    await writeFile(draft, JSON.stringify(mine), { flag: 'wx' });
  } catch (cause) {
    throw new TashikaError('DATA_DIRECTORY_UNWRITABLE', `cannot write in the data directory ${directory}`, { cause });
  }
  try {
    await take(path, draft, directory);
  } finally {
    await unlink(draft).catch(() => {});
  }
  held.add(mine.token);
  return async () => {
    if (held.delete(mine.token)) await unlink(path).catch(() => {});
  };
}

/** A link either creates the lock with its whole content or fails: no reader ever sees half a lock. */
async function take(path: string, draft: string, directory: string): Promise<void> {
  for (;;) {
    try {
      return await link(draft, path);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') {
        throw new TashikaError('DATA_DIRECTORY_UNWRITABLE', `cannot lock the data directory ${directory}`, { cause });
      }
    }
    const found = await readFile(path, 'utf8').catch(() => null);
    if (found === null) continue;
    const holder = parseHolder(found);
    if (holder && isAlive(holder)) {
      throw new TashikaError(
        'DATA_DIRECTORY_IN_USE',
        `the data directory ${directory} is in use by process ${holder.pid}; stop it, or name another directory`,
      );
    }
    await clearAway(path, found);
  }
}

/** Removes the stale lock that was read, and gives back a fresh one that was taken in between. */
async function clearAway(path: string, stale: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch {
    return; // another process cleared it away first
  }
  if ((await readFile(aside, 'utf8')) !== stale) await link(aside, path).catch(() => {});
  await unlink(aside);
}

function parseHolder(text: string): Holder | undefined {
  try {
    const holder: unknown = JSON.parse(text);
    return typeof (holder as Holder | null)?.pid === 'number' ? (holder as Holder) : undefined;
  } catch {
    return undefined; // not written by us
  }
}

function isAlive(holder: Holder): boolean {
  // A container's processes have the same pid at every start: our own pid without our token is a past life's.
  if (holder.pid === process.pid) return held.has(holder.token);
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const started = startOf(holder.pid);
  return holder.started === null || started === null || holder.started === started;
}

/** Start time in ticks since boot, field 22 of proc(5) stat, with the boot's id: no pid is reused unseen. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot}/${ticks}`;
  } catch {
    return null;
  }
}

import { randomUUID } from 'node:crypto';
import { link, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TashikaError } from '@tashika/shared/errors';

/** Who holds a directory: a process, and when it started, because numbers are given again. */
interface Holder {
  readonly pid: number;
  /** As `/proc` tells it; null on systems without it. */
  readonly started: string | null;
}

export interface DirectoryLock {
  release(): Promise<void>;
}

/**
 * Takes a directory for this process alone. The lock of a process that was killed is taken over, so that a
 * kill leaves nothing stuck.
 *
 * @throws TashikaError DATA_DIRECTORY_IN_USE while another holder lives
 */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  const path = join(directory, 'lock');
  const claim = `${path}.${randomUUID()}`;
  const content = JSON.stringify({ pid: process.pid, started: (await lifeOf(process.pid))?.started ?? null });
  await writeFile(claim, content);
  try {
    while (!(await linked(claim, path))) await removeStale(path, directory);
  } finally {
    await unlink(claim);
  }
  return { release: () => unlink(path).catch(() => undefined) };
}

/** A hard link appears whole or not at all, and never over another. */
async function linked(claim: string, path: string): Promise<boolean> {
  try {
    await link(claim, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function removeStale(path: string, directory: string): Promise<void> {
  const content = await readOrUndefined(path);
  if (content === undefined) return;
  const holder = parseHolder(content);
  if (holder && (await isAlive(holder))) throw inUse(directory, holder);
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  // Between reading and renaming, another process may have taken over: then it holds the lock, and keeps it.
  if ((await readOrUndefined(aside)) === content) return unlink(aside);
  await rename(aside, path);
}

function inUse(directory: string, holder: Holder): TashikaError {
  return new TashikaError('DATA_DIRECTORY_IN_USE', `${directory} is in use by process ${holder.pid}.`);
}

async function isAlive(holder: Holder): Promise<boolean> {
  const life = await lifeOf(holder.pid);
  return life !== undefined && (holder.started === null || life.started === null || life.started === holder.started);
}

/** Undefined for a process that is not there, or is dead and not yet taken away. */
async function lifeOf(pid: number): Promise<{ started: string | null } | undefined> {
  const stat = await readOrUndefined(`/proc/${pid}/stat`);
  if (stat !== undefined) {
    // The name, in parentheses, may hold anything; after it come the state and, 19 fields on, the start time.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : { started: fields[19] ?? null };
  }
  try {
    process.kill(pid, 0);
    return { started: null };
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? { started: null } : undefined;
  }
}

function parseHolder(content: string): Holder | undefined {
  try {
    const holder = JSON.parse(content) as Partial<Holder> | null;
    if (!Number.isInteger(holder?.pid)) return undefined;
    return { pid: holder!.pid!, started: holder?.started ?? null };
  } catch {
    return undefined;
  }
}

async function readOrUndefined(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ESRCH') return undefined;
    throw error;
  });
}

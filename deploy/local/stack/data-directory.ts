import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DirectoryLock, takeDataDirectory } from '@tashika/shared/data-directory';
import { isTashikaError, TashikaError } from '@tashika/shared/errors';
import type { Clock, Duration } from '@tashika/shared/time';
import { identityOf, isAlive, type ProcessIdentity } from './process-identity.ts';

/** What a run notes down for the next one: the processes that may outlive it for a while. */
interface Run {
  readonly parts: readonly ProcessIdentity[];
}

/** Parts of a run that was killed notice it and drain; they get this long, in ms, and are killed then. */
const DRAIN_MS: Duration = 15_000;
const LOOK_AGAIN_MS: Duration = 100;

/** A data directory that this run alone uses. */
export interface DataDirectory {
  readonly path: string;
  /**
   * Notes which processes belong to this run.
   *
   * Throws the system's error; the note before stands then.
   */
  note(pids: readonly number[]): void;
  release(): Promise<void>;
}

/**
 * Makes the data directory and takes it for this run. What a killed run left behind is waited for.
 *
 * @throws TashikaError `DATA_DIRECTORY_UNWRITABLE`, `DATA_DIRECTORY_IN_USE`, `DISK_FULL`
 */
export async function openDataDirectory(
  path: string,
  clock: Clock,
  tell: (line: string) => void,
): Promise<DataDirectory> {
  const lock = await take(path);
  const file = join(path, 'run.json');
  await endOf(read(file)?.parts ?? [], clock, tell);
  rmSync(file, { force: true });
  return {
    path,
    note: (pids) => replace(file, { parts: pids.map(identityOf) }),
    release: async () => {
      rmSync(file, { force: true });
      await lock.release();
    },
  };
}

async function take(path: string): Promise<DirectoryLock> {
  try {
    return await takeDataDirectory(path);
  } catch (error) {
    if (isTashikaError(error, 'DATA_DIRECTORY_IN_USE'))
      throw new TashikaError(
        error.code,
        `Another run uses ${path}. Stop it, or set TASHIKA_DATA to another directory.`,
        { cause: error },
      );
    if (isTashikaError(error))
      throw new TashikaError(
        error.code,
        `${error.message.replace(/\.$/, '')}. Set TASHIKA_DATA to another directory.`,
        {
          cause: error,
        },
      );
    throw error;
  }
}

function replace(file: string, run: Run): void {
  writeFileSync(`${file}.new`, JSON.stringify(run));
  renameSync(`${file}.new`, file);
}

function read(file: string): Run | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Run;
  } catch {
    return undefined; // gone meanwhile, or torn by a full disk: nobody can be asked
  }
}

async function endOf(parts: readonly ProcessIdentity[], clock: Clock, tell: (line: string) => void): Promise<void> {
  const deadline = clock.monotonic() + DRAIN_MS;
  if (parts.some(isAlive)) tell('Waiting for the parts of the last run to end …');
  while (parts.some(isAlive) && clock.monotonic() < deadline) await clock.sleep(LOOK_AGAIN_MS);
  for (const part of parts.filter(isAlive)) process.kill(part.pid, 'SIGKILL');
}

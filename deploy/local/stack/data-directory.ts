import { accessSync, constants, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirectory } from '@tashika/shared/data-directory';
import { messageOf, TashikaError } from '@tashika/shared/errors';
import type { Clock, Duration } from '@tashika/shared/time';
import { identityOf, isAlive, type ProcessIdentity } from './process-identity.ts';

/** What a run notes down for the next one. */
interface Run {
  readonly main: ProcessIdentity;
  readonly parts: readonly ProcessIdentity[];
}

/** Parts of a run that was killed notice it and drain; they get this long, in ms, and are killed then. */
const DRAIN_MS: Duration = 15_000;
const LOOK_AGAIN_MS: Duration = 100;

/** A data directory that this run alone uses. */
export interface DataDirectory {
  readonly path: string;
  /** Notes which processes belong to this run. */
  note(pids: readonly number[]): void;
  release(): void;
}

/**
 * Makes the data directory and takes it for this run. What a killed run left behind is waited for.
 *
 * @throws TashikaError `DATA_DIRECTORY_UNWRITABLE`, `DATA_DIRECTORY_IN_USE`
 */
export async function takeDataDirectory(
  path: string,
  clock: Clock,
  tell: (line: string) => void,
): Promise<DataDirectory> {
  makeWritable(path);
  const file = join(path, 'run.json');
  const main = identityOf(process.pid);
  while (!create(file, { main, parts: [] })) {
    const earlier = read(file);
    if (earlier && isAlive(earlier.main))
      throw new TashikaError(
        'DATA_DIRECTORY_IN_USE',
        `Another run (process ${earlier.main.pid}) uses ${path}. Stop it, or set TASHIKA_DATA to another directory.`,
      );
    await endOf(earlier?.parts ?? [], clock, tell);
    rmSync(file, { force: true });
  }
  return {
    path,
    note: (pids) => replace(file, { main, parts: pids.map(identityOf) }),
    release: () => rmSync(file, { force: true }),
  };
}

function makeWritable(path: string): void {
  try {
    makeDirectory(path);
    if (!statSync(path).isDirectory()) throw new Error('it is a file');
    accessSync(path, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new TashikaError(
      'DATA_DIRECTORY_UNWRITABLE',
      `The data directory ${path} can't be written: ${messageOf(error)}. Set TASHIKA_DATA to another one.`,
      { cause: error },
    );
  }
}

/** False where the file is there already. */
function create(file: string, run: Run): boolean {
  try {
    writeFileSync(file, JSON.stringify(run), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw new TashikaError('DATA_DIRECTORY_UNWRITABLE', `${file} can't be written: ${messageOf(error)}.`, {
      cause: error,
    });
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

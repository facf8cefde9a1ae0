import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '@tashika/shared/errors';
import type { Timestamp } from '@tashika/shared/time';
import { replaceFile } from '../replace-file.ts';
import { rememberedState } from './remembered.ts';
import { NOTHING_DONE, type UpdaterState } from './state.ts';

const NAME = 'update.json';
/**
 * Of the file. An image brings its updater along, so this one may find what a newer one wrote, and the other way round:
 * in every format the fields of `UpdaterState` keep their names and their sense, and others may come beside them.
 */
const FORMAT = 1;
/** The updater is root's, and the agent that tells of it nobody's. The state holds no token and no key. */
const MODE = 0o644;
/** Some forty words of feedback are a tenth of it; what is larger was not written by an updater. */
const MOST_SEEN_BYTES = 262_144;

/**
 * What an updater remembers in its directory, as far as it can be read; nothing where there is no such file. `damage` is
 * what could not be: the server offers again what it has heard no end of, and the slots know what is on trial.
 */
export async function readState(
  directory: string,
): Promise<{ readonly state: UpdaterState; readonly damage: string | undefined }> {
  try {
    return rememberedState(JSON.parse(await readFile(join(directory, NAME), 'utf8')));
  } catch (error) {
    const isNone = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return { state: NOTHING_DONE, damage: isNone ? undefined : `${NAME}: ${messageOf(error)}` };
  }
}

/** Durable when it resolves. */
export async function writeState(directory: string, state: UpdaterState): Promise<void> {
  await replaceFile(join(directory, NAME), `${JSON.stringify({ v: FORMAT, ...state })}\n`, MODE);
}

/**
 * The state as another process sees it, and when it was written, by the wall clock of that moment. Undefined where there
 * is none, where it may not be read, and where any part of it is damaged: half a state would tell `idle` of an update.
 */
export async function seenState(
  directory: string,
): Promise<{ readonly state: UpdaterState; readonly at: Timestamp } | undefined> {
  try {
    const { size, mtimeMs } = await stat(join(directory, NAME));
    if (size > MOST_SEEN_BYTES) return undefined;
    const { state, damage } = await readState(directory);
    return damage === undefined ? { state, at: Math.round(mtimeMs) } : undefined;
  } catch {
    return undefined;
  }
}

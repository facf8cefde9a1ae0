import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile } from '../replace-file.ts';
import { NOTHING_DONE, type UpdaterState } from './state.ts';
import { commandOf } from './step.ts';

const NAME = 'update.json';
/**
 * Of the file. An image brings its updater along, so this one may find what a newer one wrote, and the other way round:
 * in every format the fields of `UpdaterState` keep their names and their sense, and others may come beside them.
 */
const FORMAT = 1;

/** What an updater remembers in its directory; nothing where there is no such file, or none that it can read. */
export async function readState(directory: string): Promise<UpdaterState> {
  try {
    const { work, last, outbox, attributes } = JSON.parse(
      await readFile(join(directory, NAME), 'utf8'),
    ) as Partial<UpdaterState>;
    const isWork = typeof work?.deployment?.id === 'string' && typeof work.stage?.at === 'string';
    return {
      work: isWork && commandOf({ ...NOTHING_DONE, work }) !== undefined ? work : undefined,
      last: typeof last?.id === 'string' ? last : undefined,
      outbox: Array.isArray(outbox) ? outbox : [],
      attributes: typeof attributes === 'string' ? attributes : undefined,
    };
  } catch {
    return NOTHING_DONE;
  }
}

/** Durable when it resolves. */
export async function writeState(directory: string, state: UpdaterState): Promise<void> {
  await replaceFile(join(directory, NAME), `${JSON.stringify({ v: FORMAT, ...state })}\n`);
}

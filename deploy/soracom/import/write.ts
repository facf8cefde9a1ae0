import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { messageOf, TashikaError } from '@tashika/shared/errors';
import type { Imported } from './import.ts';

/**
 * Writes the files into a folder that is empty or not there yet.
 *
 * @throws TashikaError `CONFIG_UNREADABLE` where it can't be written, or holds something
 */
export function writeImported(directory: string, { files }: Imported): void {
  try {
    mkdirSync(directory, { recursive: true });
    if (readdirSync(directory).length > 0) throw new Error('it is not empty, and nothing in it is to be overwritten');
    for (const [name, content] of Object.entries(files)) {
      const path = join(directory, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, typeof content === 'string' ? content : `${JSON.stringify(content, null, 2)}\n`);
    }
  } catch (error) {
    throw new TashikaError('CONFIG_UNREADABLE', `The files can't be written to ${directory}: ${messageOf(error)}.`, {
      cause: error,
    });
  }
}

import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CACHE = fileURLToPath(new URL('../../../node_modules/.cache/tashika-hardware', import.meta.url));

/**
 * The folder of what is kept for the next time, made where there is none. It is there whole or not at all, whatever
 * ends a test in the middle.
 *
 * @param edition its name; another one when what is kept in it changes
 * @param make fills a folder, which it makes itself
 */
export function kept(edition: string, make: (folder: string) => void): string {
  const folder = join(CACHE, edition);
  if (existsSync(folder)) return folder;
  const making = `${folder}.${process.pid}`;
  rmSync(making, { recursive: true, force: true });
  make(making);
  try {
    renameSync(making, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error; // else another test file has made the same meanwhile
    rmSync(making, { recursive: true, force: true });
  }
  return folder;
}

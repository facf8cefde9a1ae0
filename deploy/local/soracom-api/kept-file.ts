import { chmodSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

/** What is in the file; undefined where there is none. */
export function readKept(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Writes beside and renames into place: a crash leaves the former content or this, for the owner's eyes alone. */
export function replaceKept(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o600 });
  chmodSync(`${path}.new`, 0o600); // it may be left over from a crash
  renameSync(`${path}.new`, path);
}

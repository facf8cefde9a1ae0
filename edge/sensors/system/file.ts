import { readdir, readFile } from 'node:fs/promises';

/** The text of one of the kernel's small files, or undefined where it is not there or answers with an error. */
export async function readText(file: string): Promise<string | undefined> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch {
    return undefined;
  }
}

/** The names in a folder that match, in the order of the numbers in them; none where the folder is not there. */
export async function namesIn(folder: string, pattern: RegExp): Promise<readonly string[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => pattern.test(name));
  return names.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
}

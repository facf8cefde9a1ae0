import { open, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Replaces a small file: after a power cut there is the old one or the new one, and the new one once it resolves. Rejects
 * as the disk does.
 *
 * @param mode owner only where it is left out
 */
export async function replaceFile(file: string, text: string, mode = 0o600): Promise<void> {
  await writeFile(`${file}.new`, text, { flush: true, mode });
  await rename(`${file}.new`, file);
  const folder = await open(dirname(file), 'r');
  await folder.sync().finally(() => folder.close());
}

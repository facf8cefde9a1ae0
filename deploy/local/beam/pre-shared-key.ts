import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TashikaError } from '@tashika/shared/errors';

/**
 * The key that Beam signs with, kept in `directory` where its owner alone can read it; made where there is none, so
 * that it stays the same from one run to the next.
 *
 * @throws TashikaError CONFIG_INVALID when the file is there but holds no key
 */
export function preSharedKeyOf(directory: string): string {
  const path = join(directory, 'pre-shared-key.txt');
  const kept = read(path);
  if (kept !== undefined) {
    if (/^\S{16,}$/.test(kept)) return kept;
    throw new TashikaError('CONFIG_INVALID', `${path} holds no key; delete it to have a new one made.`);
  }
  const key = randomBytes(32).toString('base64url');
  mkdirSync(directory, { recursive: true });
  // Renamed into place: a crash leaves all of the key or none.
  writeFileSync(`${path}.new`, `${key}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
  return key;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

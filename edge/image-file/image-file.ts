import { readFile } from 'node:fs/promises';
import { VERSION_PATTERN } from '@tashika/shared/image';

/** The version that an image's own file (`{"version": "…"}`) tells; undefined where there is none, or no such file. */
export async function imageVersion(file: string): Promise<string | undefined> {
  try {
    const { version } = JSON.parse(await readFile(file, 'utf8')) as { version?: unknown };
    return typeof version === 'string' && new RegExp(VERSION_PATTERN).test(version) ? version : undefined;
  } catch {
    return undefined;
  }
}

import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where a program that a test needs is, or undefined. Debian keeps daemons in sbin, which a user's PATH may lack. */
export function findTool(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  return folders
    .map((folder) => join(folder, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/**
 * The program that a test needs. Without it the test is skipped with a notice, and with `CI=true` it fails: where
 * everything is installed on purpose, nothing may go untested in silence.
 */
export function requiredTool(name: string, context: { skip: (note?: string) => never }): string {
  const file = findTool(name);
  if (file !== undefined) return file;
  const notice = `${name} is not installed; this test needs it.`;
  if (process.env.CI === 'true') throw new Error(notice);
  return context.skip(notice);
}

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseJsonText } from '@tashika/shared/config';
import { messageOf, TashikaError } from '@tashika/shared/errors';

/** Whether the file is one of tests, which a check does not load. */
export function isTest(file: string): boolean {
  return file.endsWith('_test.rego');
}

/**
 * Names of the files in a folder of policies, sorted.
 *
 * @throws TashikaError `POLICY_INVALID` when the folder can't be read
 */
export async function filesIn(directory: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(directory, { withFileTypes: true });
    return entries.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name)).sort();
  } catch (error) {
    throw new TashikaError('POLICY_INVALID', `The folder ${directory} can't be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/**
 * A JSON file of a folder of policies.
 *
 * @returns undefined where the file is absent
 * @throws TashikaError `POLICY_INVALID`
 */
export async function readJson(directory: string, name: string): Promise<unknown> {
  const file = join(directory, name);
  try {
    return parseJsonText(await readFile(file, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    const why = error instanceof SyntaxError ? ` is not JSON (${error.message}).` : `: ${messageOf(error)}`;
    throw new TashikaError('POLICY_INVALID', `${file}${why}`, { cause: error });
  }
}

/** One error of all that is wrong, each on a line of its own where there are several. */
export function refusal(code: 'POLICY_INVALID' | 'POLICY_LOOSENED', wrong: readonly string[]): TashikaError {
  return new TashikaError(code, wrong.length === 1 ? wrong[0]! : `\n  ${wrong.join('\n  ')}`);
}

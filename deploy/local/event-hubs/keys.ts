import { randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TashikaError } from '@tashika/shared/errors';

/** What a key may do. */
export type Claim = 'Send' | 'Listen' | 'Manage';

/** The shared access policies, by name. */
export const POLICIES = {
  send: ['Send'],
  listen: ['Listen'],
  manage: ['Manage', 'Send', 'Listen'],
} as const satisfies Readonly<Record<string, readonly Claim[]>>;

export type PolicyName = keyof typeof POLICIES;

/** Each policy's key: the text that the signature is made with. */
export type Keys = Readonly<Record<PolicyName, string>>;

export const POLICY_NAMES = Object.keys(POLICIES) as readonly PolicyName[];

/**
 * The keys that are kept in `directory`, readable by their owner only; made where there are none, so that
 * connection strings stay the same from one run to the next.
 *
 * @throws TashikaError CONFIG_INVALID when the file is there but holds no keys
 */
export async function keysOf(directory: string): Promise<Keys> {
  const path = join(directory, 'keys.json');
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text !== undefined) return parseKeys(text, path);
  const keys = Object.fromEntries(POLICY_NAMES.map((name) => [name, randomBytes(32).toString('base64')])) as Keys;
  // Renamed into place: a crash leaves all of the keys or none.
  await writeFile(`${path}.new`, `${JSON.stringify(keys, null, 2)}\n`, { mode: 0o600 });
  await rename(`${path}.new`, path);
  return keys;
}

function parseKeys(text: string, path: string): Keys {
  const wrong = (cause?: unknown) =>
    new TashikaError('CONFIG_INVALID', `${path} holds no keys; delete it to have new ones made.`, { cause });
  let keys: Partial<Keys> | null;
  try {
    keys = JSON.parse(text) as Partial<Keys> | null;
  } catch (error) {
    throw wrong(error);
  }
  if (!POLICY_NAMES.every((name) => typeof keys?.[name] === 'string' && keys[name])) throw wrong();
  return keys as Keys;
}

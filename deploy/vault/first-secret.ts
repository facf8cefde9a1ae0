import { randomBytes } from 'node:crypto';
import type { Vault } from '@tashika/cloud/secrets';
import { isTashikaError, TashikaError } from '@tashika/shared/errors';

/** Secrets that no engine makes, by their names below `kv/tashika/`, and the fields of each. */
const SECRETS = {
  'event-hubs/send': { required: ['policyName', 'key'], optional: [] },
  'event-hubs/listen': { required: ['connectionString'], optional: [] },
  beam: { required: ['preSharedKey'], optional: ['previousPreSharedKey'] },
  soracom: { required: ['authKeyId', 'authKey'], optional: [] },
} as const satisfies Record<string, { required: readonly string[]; optional: readonly string[] }>;

export type SecretName = keyof typeof SECRETS;

export const SECRET_NAMES = Object.keys(SECRETS) as readonly SecretName[];

const KEY_BYTES = 32;

/** The secret's path in Vault, as a reference names it. */
export function secretPath(name: SecretName): string {
  return `kv/tashika/${name}`;
}

/**
 * Puts a secret into Vault that came from elsewhere.
 *
 * @param text a JSON object with the secret's fields
 * @returns the version that it has there
 * @throws TashikaError BAD_REQUEST for another object, which names fields and never what is in them; those of `Vault`
 */
export async function putSecret(name: SecretName, text: string, vault: Vault): Promise<number> {
  return vault.writeKv(secretPath(name), secretOf(name, text));
}

/**
 * Puts a new random key into Vault that nobody has seen, where there is none yet.
 *
 * @throws TashikaError VAULT_CHANGED_MEANWHILE where there is one; those of `Vault`
 */
export async function generateBeamKey(vault: Vault): Promise<number> {
  const path = secretPath('beam');
  try {
    return await vault.writeKv(path, { preSharedKey: randomBytes(KEY_BYTES).toString('base64url') }, { cas: 0 });
  } catch (error) {
    if (!isTashikaError(error, 'VAULT_CHANGED_MEANWHILE')) throw error;
    throw new TashikaError(
      'VAULT_CHANGED_MEANWHILE',
      `${path} was not written: there is a key already, and devices may sign with it.`,
      { cause: error },
    );
  }
}

function secretOf(name: SecretName, text: string): Readonly<Record<string, string>> {
  const { required, optional }: { required: readonly string[]; optional: readonly string[] } = SECRETS[name];
  const value = jsonOf(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw refused(name, 'standard input must hold a JSON object');
  const fields = Object.entries(value as Record<string, unknown>);
  const missing = required.filter((field) => !fields.some(([each]) => each === field));
  const unknown = fields.map(([field]) => field).filter((field) => ![...required, ...optional].includes(field));
  const empty = fields.filter(([, each]) => typeof each !== 'string' || each === '').map(([field]) => field);
  if (missing.length > 0) throw refused(name, `it lacks ${missing.join(', ')}`);
  if (unknown.length > 0) throw refused(name, `${unknown.join(', ')} is no field of it`);
  if (empty.length > 0) throw refused(name, `${empty.join(', ')} must be a text that is not empty`);
  return Object.fromEntries(fields) as Record<string, string>;
}

/** Undefined for what is not JSON: the parser's own error would quote it. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refused(name: SecretName, problem: string): TashikaError {
  return new TashikaError('BAD_REQUEST', `${secretPath(name)} was not written: ${problem}.`);
}

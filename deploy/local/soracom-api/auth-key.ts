import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { TashikaError } from '@tashika/shared/errors';
import { readKept, replaceKept } from './kept-file.ts';

/** What a client logs in with. */
export interface AuthKey {
  readonly authKeyId: string;
  readonly authKey: string;
}

/** Bytes that nobody can guess; tests give others. */
export type RandomBytes = (length: number) => Buffer;

export function newAuthKey(random: RandomBytes): AuthKey {
  return { authKeyId: `keyId-${random(16).toString('hex')}`, authKey: `secret-${random(32).toString('hex')}` };
}

/** Where the key and the address lie, in the form that a shell takes: `set -a; . FILE`. */
export function environmentFileIn(directory: string): string {
  return join(directory, 'soracom.env');
}

/**
 * The key that is kept in `directory`, where its owner alone can read it; undefined where there is none.
 *
 * @throws TashikaError CONFIG_INVALID when the file is there but holds no key
 */
export function keptAuthKey(directory: string): AuthKey | undefined {
  const path = environmentFileIn(directory);
  const text = readKept(path);
  if (text === undefined) return undefined;
  const [authKeyId, authKey] = ['SORACOM_AUTH_KEY_ID', 'SORACOM_AUTH_KEY'].map(
    (name) => new RegExp(`^${name}=(\\S+)$`, 'm').exec(text)?.[1],
  );
  if (authKeyId && authKey) return { authKeyId, authKey };
  throw new TashikaError('CONFIG_INVALID', `${path} holds no auth key; delete it to have a new one made.`);
}

/** Keeps the key, with the address that it is for. */
export function keepAuthKey(directory: string, { authKeyId, authKey }: AuthKey, url: string): void {
  mkdirSync(directory, { recursive: true });
  const path = environmentFileIn(directory);
  const lines = [`SORACOM_ENDPOINT=${url}`, `SORACOM_AUTH_KEY_ID=${authKeyId}`, `SORACOM_AUTH_KEY=${authKey}`];
  const text = `${lines.join('\n')}\n`;
  if (text !== readKept(path)) replaceKept(path, text);
}

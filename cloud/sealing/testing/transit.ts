import { randomBytes } from 'node:crypto';
import { TashikaError } from '@tashika/shared/errors';
import type { Vault } from '../../secrets/index.ts';

/** Vault's transit engine as far as data keys go, in this process; a real one is held against it in test/integrity. */
export interface ScriptedTransit extends Pick<Vault, 'write'> {
  /** Paths that were written to. */
  readonly asked: string[];
  /** While set, each call fails with it. */
  failure: TashikaError | undefined;
}

export function scriptedTransit(): ScriptedTransit {
  const keys = new Map<string, string>();
  return {
    asked: [],
    failure: undefined,
    async write(path, body) {
      this.asked.push(path);
      if (this.failure) throw this.failure;
      if (path === 'transit/datakey/plaintext/fields') {
        const plaintext = randomBytes(32).toString('base64');
        const ciphertext = `vault:v1:${keys.size}`;
        keys.set(ciphertext, plaintext);
        return { data: { plaintext, ciphertext } };
      }
      const plaintext = keys.get((body as { ciphertext: string }).ciphertext);
      if (path !== 'transit/decrypt/fields' || plaintext === undefined)
        throw new TashikaError('VAULT_REFUSED', `no such key: ${path}`);
      return { data: { plaintext } };
    },
  };
}

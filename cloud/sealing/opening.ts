import { isTashikaError, messageOf, TashikaError } from '@tashika/shared/errors';
import type { Clock, Duration } from '@tashika/shared/time';
import type { Vault } from '../secrets/index.ts';
import { openText, partsOfSealed } from './sealed-text.ts';
import { pathIn } from './sealing.ts';

/** Opens what was sealed, where Vault lets it. */
export interface Opening {
  /**
   * @param place where it was kept, as it was sealed for
   * @throws TashikaError as `Vault`'s methods, and SEALED_UNREADABLE for what was sealed for another place, or changed
   */
  open(text: string, place: string): Promise<Buffer>;
}

/** A key an hour of each worker: some days of a few workers. */
const MOST_KEYS = 1_000;

/** A page of devices holds values by the hundred: one that is refused or waited for in vain speaks for the next ones. */
const LEFT_ALONE: Duration = 5_000;

/** @param key mount and name of the key in Vault's transit engine */
export function openingBy(vault: Pick<Vault, 'write'>, key: string, clock: Clock): Opening {
  const keys = new Map<string, Promise<Buffer>>();
  let failed: { readonly error: unknown; readonly until: Duration } | undefined;

  function keyOf(wrapped: string): Promise<Buffer> {
    let known = keys.get(wrapped);
    if (!known) {
      known = unwrap(wrapped);
      known.catch(() => keys.delete(wrapped)); // asked for again
      if (keys.size >= MOST_KEYS) keys.delete(keys.keys().next().value!);
      keys.set(wrapped, known);
    }
    return known;
  }

  async function unwrap(ciphertext: string): Promise<Buffer> {
    if (failed && clock.monotonic() < failed.until) throw failed.error;
    try {
      const { data } = await vault.write(pathIn(key, 'decrypt'), { ciphertext });
      failed = undefined;
      return Buffer.from(typeof data.plaintext === 'string' ? data.plaintext : '', 'base64');
    } catch (error) {
      // A ciphertext that Vault can't take says nothing of others.
      if (!isTashikaError(error, 'VAULT_REFUSED')) failed = { error, until: clock.monotonic() + LEFT_ALONE };
      throw error;
    }
  }

  return {
    async open(text, place) {
      const parts = partsOfSealed(text);
      if (!parts) throw unreadable(place);
      const dataKey = await keyOf(parts.wrapped);
      try {
        return openText(dataKey, parts, place);
      } catch (cause) {
        throw unreadable(place, cause);
      }
    },
  };
}

function unreadable(place: string, cause?: unknown): TashikaError {
  const why = cause === undefined ? 'it is not of the form that is written' : messageOf(cause);
  return new TashikaError('SEALED_UNREADABLE', `What is sealed as ${place} can't be opened: ${why}.`, { cause });
}

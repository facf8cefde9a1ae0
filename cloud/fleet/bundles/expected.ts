import { createHash } from 'node:crypto';
import { TashikaError } from '@tashika/shared/errors';
import type { ExpectedBundle } from './bundle-store.ts';

/**
 * What `content` brings, as it comes; it ends with an error where it is not what was expected. So whoever reads it to its
 * end without one has every byte of it.
 *
 * @throws TashikaError BUNDLE_DIFFERS, BODY_TOO_LARGE
 */
export async function* heldTo(
  { sha256, bytes, mostBytes }: ExpectedBundle,
  content: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  if ((bytes ?? 0) > mostBytes) throw tooLarge(mostBytes);
  const hash = createHash('sha256');
  let seen = 0;
  for await (const part of content) {
    seen += part.byteLength;
    if (seen > mostBytes) throw tooLarge(mostBytes);
    if (bytes !== undefined && seen > bytes) throw differs(`more than the ${bytes} bytes that were announced came`);
    hash.update(part);
    yield part;
  }
  if (bytes !== undefined && seen !== bytes) throw differs(`${seen} of ${bytes} bytes came`);
  const found = hash.digest('hex');
  if (found !== sha256) throw differs(`the SHA-256 of what came is ${found}, and not ${sha256}`);
}

function tooLarge(mostBytes: number): TashikaError {
  return new TashikaError('BODY_TOO_LARGE', `A bundle may have ${mostBytes} bytes at most.`);
}

function differs(what: string): TashikaError {
  return new TashikaError('BUNDLE_DIFFERS', `The bundle was not kept: ${what}. Send it again.`);
}

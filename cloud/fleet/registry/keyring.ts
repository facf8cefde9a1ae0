import type { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { messageOf, TashikaError } from '@tashika/shared/errors';
import { readKeyring } from './signature/index.ts';

/**
 * Reads the keyring from its file; anew each time, so that a new one needs no restart.
 *
 * @param file `fleet.keyringFile`
 * @throws TashikaError KEYRING_UNREADABLE
 */
export async function keyringIn(file: string | undefined): Promise<readonly X509Certificate[]> {
  if (file === undefined)
    throw new TashikaError(
      'KEYRING_UNREADABLE',
      'No image can be imported: fleet.keyringFile (TASHIKA_CLOUD_FLEET_KEYRING_FILE) does not name the certificates that bundles are signed under.',
    );
  let pem: string;
  try {
    pem = await readFile(file, 'utf8');
  } catch (error) {
    throw new TashikaError('KEYRING_UNREADABLE', `fleet.keyringFile ${file} can't be read (${messageOf(error)}).`, {
      cause: error,
    });
  }
  return readKeyring(pem);
}

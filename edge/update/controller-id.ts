import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile } from '../replace-file.ts';

const NAME = 'controller-id';
/** Where a Raspberry Pi, and other boards with a device tree, tell their serial number. */
const SERIAL = '/proc/device-tree/serial-number';

/**
 * What this device calls itself to the update server. Kept in its data, so that a card that moves to another board is
 * still the same device; made of the board's serial number where there is one, so that a card that is written anew is,
 * too; else by chance. The serial number itself is not told.
 */
export async function controllerIdIn(directory: string, serialFile = SERIAL): Promise<string> {
  const file = join(directory, NAME);
  const kept = (await textOf(file)).trim();
  if (/^[A-Za-z0-9][A-Za-z0-9_:-]{0,63}$/.test(kept)) return kept;
  const serial = (await textOf(serialFile)).replaceAll('\0', '').trim();
  const id =
    serial === ''
      ? randomBytes(8).toString('hex')
      : createHash('sha256').update(`tashika controller ${serial}`).digest('hex').slice(0, 16);
  await replaceFile(file, `${id}\n`);
  return id;
}

function textOf(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '');
}

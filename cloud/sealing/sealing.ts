import { messageOf, TashikaError } from '@tashika/shared/errors';
import type { Clock, Duration, TimerHandle } from '@tashika/shared/time';
import type { Vault } from '../secrets/index.ts';
import type { Logger } from '../store/index.ts';
import { coveredBy } from './covered-by.ts';
import { type DataKey, sealText } from './sealed-text.ts';

/** Seals what must not lie in the database in clear. */
export interface Sealing {
  /** Whether the values of readings of this name are sealed. */
  covers(name: string): boolean;
  /** @param place where the sealed text is kept, such as `placeOfValue` says: it opens nowhere else */
  seal(plain: Uint8Array | string, place: string): string;
}

export interface SealingParts {
  readonly vault: Pick<Vault, 'write'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface SealingSettings {
  /** Names of readings; one that ends with `*` stands for all that begin so. */
  readonly fields: readonly string[];
  /** Mount and name of the key in Vault's transit engine. */
  readonly key: string;
}

/** What one data key protects, and so what its loss would cost. */
const NEW_KEY_EVERY: Duration = 3_600_000;
const RETRY_AFTER: Duration = 60_000;
/** Half of what random vectors allow (NIST SP 800-38D, section 8.3). */
const MOST_BY_ONE_KEY = 2 ** 31;

/**
 * Seals with data keys that Vault's transit engine makes, a new one each hour: nothing waits for Vault when a reading
 * is sealed, and while Vault is away the last key is used on.
 *
 * @throws TashikaError as `Vault`'s methods, where there is no first key: without one nothing may be stored
 */
export async function openSealing(
  settings: SealingSettings,
  { vault, clock, logger }: SealingParts,
): Promise<Sealing & { stop(): void }> {
  let current = await dataKey(vault, settings.key);
  let sealed = 0;
  let stopped = false;
  let timer: TimerHandle = clock.after(NEW_KEY_EVERY, replace);

  async function replace(): Promise<void> {
    let again = NEW_KEY_EVERY;
    try {
      current = await dataKey(vault, settings.key);
      sealed = 0;
    } catch (error) {
      again = RETRY_AFTER;
      logger.warn({ error: messageOf(error) }, 'Vault gives no new data key; the last one is used on');
    }
    if (!stopped) timer = clock.after(again, replace);
  }

  return {
    covers: coveredBy(settings.fields),
    seal(plain, place) {
      if (++sealed > MOST_BY_ONE_KEY)
        throw new TashikaError('VAULT_UNREACHABLE', 'The data key is used up, and Vault gives no new one.');
      return sealText(current, typeof plain === 'string' ? Buffer.from(plain) : plain, place);
    },
    stop() {
      stopped = true;
      timer.cancel();
    },
  };
}

/** Where the last value of a device's sensor is kept. */
export function placeOfValue(imsi: string, name: string): string {
  return `value ${imsi} ${name}`;
}

/** Where a dead letter is kept, by where it came from. */
export function placeOfDeadLetter(part: 'body' | 'detail', partitionId: string, sequenceNumber: number): string {
  return `dead letter ${part} ${partitionId} ${sequenceNumber}`;
}

async function dataKey(vault: Pick<Vault, 'write'>, path: string): Promise<DataKey> {
  const { data } = await vault.write(pathIn(path, 'datakey/plaintext'));
  const { plaintext, ciphertext: wrapped } = data;
  const key = Buffer.from(typeof plaintext === 'string' ? plaintext : '', 'base64');
  if (key.length !== 32 || typeof wrapped !== 'string')
    throw new TashikaError(
      'VAULT_REFUSED',
      `${path} gives no data key of 256 bits: it must be a key of a transit engine.`,
    );
  return { key, wrapped };
}

/** `transit/tashika-fields` for an operation: `transit/decrypt/tashika-fields`. */
export function pathIn(path: string, operation: string): string {
  const [mount, ...name] = path.split('/');
  return `${mount}/${operation}/${name.join('/')}`;
}

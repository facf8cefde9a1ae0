import { randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TashikaError } from '@tashika/shared/errors';
import type { Duration, Timestamp } from '@tashika/shared/time';

/** What a key may do. */
export type Claim = 'Send' | 'Listen' | 'Manage';

/** The shared access policies, by name. */
export const POLICIES = {
  send: ['Send'],
  listen: ['Listen'],
  manage: ['Manage', 'Send', 'Listen'],
} as const satisfies Readonly<Record<string, readonly Claim[]>>;

export type PolicyName = keyof typeof POLICIES;

/** Each policy has two keys, and both are good at any time. */
export type KeySlot = 'primary' | 'secondary';

export const KEY_SLOTS: readonly KeySlot[] = ['primary', 'secondary'];

export type KeyPair = Readonly<Record<KeySlot, string>>;

/** Each policy's keys; one text alone is its primary key, and its secondary is made. */
export type Keys = Readonly<Record<PolicyName, string | KeyPair>>;

export const POLICY_NAMES = Object.keys(POLICIES) as readonly PolicyName[];

/** A key that signatures are checked with. */
export interface SigningKey {
  readonly policy: PolicyName;
  /** What the signature is made with. */
  readonly text: string;
  /** Until when links live that a token of this key opened; undefined while it has not been regenerated. */
  endsAt: Timestamp | undefined;
}

export interface KeyRingOptions {
  /** Where new keys are kept before they count; without it they are kept nowhere. */
  readonly directory?: string;
  /**
   * How long links go on that were opened with a key that has been regenerated since. Default: until their token
   * expires, as the service has it (github.com/Azure/azure-service-bus-dotnet/issues/357); a new token of that key is
   * refused at once in any case.
   */
  readonly regeneratedKeyMs?: Duration;
}

/** The keys of all policies, which may be regenerated while the stand-in runs. */
export class KeyRing {
  readonly #options: KeyRingOptions;
  readonly #keys: Record<PolicyName, Record<KeySlot, SigningKey>>;
  #writing: Promise<unknown> = Promise.resolve();

  constructor(keys: Keys, options: KeyRingOptions = {}) {
    this.#options = options;
    this.#keys = Object.fromEntries(
      POLICY_NAMES.map((policy) => {
        const { primary, secondary } = pairOf(keys[policy]);
        return [policy, { primary: signingKey(policy, primary), secondary: signingKey(policy, secondary) }];
      }),
    ) as Record<PolicyName, Record<KeySlot, SigningKey>>;
  }

  keyOf(policy: PolicyName, slot: KeySlot = 'primary'): string {
    return this.#keys[policy][slot].text;
  }

  /** The keys that are good for `policy` now. */
  signingKeys(policy: PolicyName): readonly SigningKey[] {
    return KEY_SLOTS.map((slot) => this.#keys[policy][slot]);
  }

  /** Makes a new key in `slot`; the other one stays as it is. It is kept before it counts. */
  regenerate(policy: PolicyName, slot: KeySlot, now: Timestamp): Promise<void> {
    const regenerated = this.#writing.then(async () => {
      const text = newKey();
      await this.#keep({ ...this.#texts(), [policy]: { ...this.#texts()[policy], [slot]: text } });
      const former = this.#keys[policy][slot];
      former.endsAt = now + (this.#options.regeneratedKeyMs ?? Number.POSITIVE_INFINITY);
      this.#keys[policy][slot] = signingKey(policy, text);
    });
    this.#writing = regenerated.catch(() => {}); // the next one is not kept from its try
    return regenerated;
  }

  /** Writes the keys as they are. */
  keep(): Promise<void> {
    return this.#keep(this.#texts());
  }

  async #keep(texts: Record<PolicyName, KeyPair>): Promise<void> {
    if (this.#options.directory === undefined) return;
    const path = fileOf(this.#options.directory);
    // Renamed into place: a crash leaves all of the keys or none.
    await writeFile(`${path}.new`, `${JSON.stringify(texts, null, 2)}\n`, { mode: 0o600 });
    await rename(`${path}.new`, path);
  }

  #texts(): Record<PolicyName, KeyPair> {
    return Object.fromEntries(
      POLICY_NAMES.map((policy) => [
        policy,
        { primary: this.keyOf(policy, 'primary'), secondary: this.keyOf(policy, 'secondary') },
      ]),
    ) as Record<PolicyName, KeyPair>;
  }
}

/**
 * The keys that are kept in `directory`, readable by their owner only; made where there are none, so that
 * connection strings stay the same from one run to the next. A file with one key for each policy is read too: the key
 * is the primary one.
 *
 * @throws TashikaError CONFIG_INVALID when the file is there but holds no keys
 */
export async function openKeyRing(directory: string, options: Omit<KeyRingOptions, 'directory'>): Promise<KeyRing> {
  const path = fileOf(directory);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  const kept = text === undefined ? undefined : parseKeys(text, path);
  const keys = kept ?? (Object.fromEntries(POLICY_NAMES.map((policy) => [policy, newKey()])) as Keys);
  const ring = new KeyRing(keys, { ...options, directory });
  if (!kept || POLICY_NAMES.some((policy) => typeof kept[policy] === 'string')) await ring.keep();
  return ring;
}

function parseKeys(text: string, path: string): Keys {
  // Without a cause: it may quote the file.
  const wrong = () => new TashikaError('CONFIG_INVALID', `${path} holds no keys; delete it to have new ones made.`);
  let keys: Partial<Record<PolicyName, unknown>> | null;
  try {
    keys = JSON.parse(text) as Partial<Record<PolicyName, unknown>> | null;
  } catch {
    throw wrong();
  }
  if (!POLICY_NAMES.every((policy) => isKey(keys?.[policy]) || isPair(keys?.[policy]))) throw wrong();
  return keys as Keys;
}

function isKey(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isPair(value: unknown): value is KeyPair {
  const pair = value as Partial<KeyPair> | null | undefined;
  return KEY_SLOTS.every((slot) => isKey(pair?.[slot]));
}

function pairOf(keys: string | KeyPair): KeyPair {
  return typeof keys === 'string' ? { primary: keys, secondary: newKey() } : keys;
}

function signingKey(policy: PolicyName, text: string): SigningKey {
  return { policy, text, endsAt: undefined };
}

/** 256 bits in base64, as the service makes them. */
function newKey(): string {
  return randomBytes(32).toString('base64');
}

function fileOf(directory: string): string {
  return join(directory, 'keys.json');
}

import type { Vault } from '@tashika/cloud/secrets';
import { isTashikaError } from '@tashika/shared/errors';
import type { Clock } from '@tashika/shared/time';

/** Where it is kept. */
export const JOURNAL = 'kv/tashika/vault';

const SITE = 'site';

/** What Vault itself keeps of how it was configured: whose it is, and what was done once. No secret is in it. */
export interface Journal {
  /** The site that this Vault was configured for; undefined before its first `apply`. */
  readonly site: string | undefined;
  /** Paths that were written once, `database/rotate-root/tashika`. */
  readonly done: ReadonlySet<string>;
}

interface Entries {
  readonly data: Readonly<Record<string, string>>;
  readonly version: number;
}

export async function readJournal(vault: Vault): Promise<Journal> {
  const { data } = await entriesOf(vault);
  return { site: data[SITE], done: new Set(Object.keys(data).filter((key) => key !== SITE)) };
}

/** Notes whose Vault this is. */
export async function noteSite(vault: Vault, site: string): Promise<void> {
  await add(vault, { [SITE]: site });
}

/** Notes that `path` was written, and when. */
export async function noteDone(vault: Vault, path: string, clock: Clock): Promise<void> {
  await add(vault, { [path]: new Date(clock.now()).toISOString() });
}

async function add(vault: Vault, entries: Readonly<Record<string, string>>): Promise<void> {
  const { data, version } = await entriesOf(vault);
  await vault.writeKv(JOURNAL, { ...data, ...entries }, { cas: version });
}

/** Empty before the engine is there: then `readKv` is refused for want of it. */
async function entriesOf(vault: Vault): Promise<Entries> {
  try {
    return (await vault.readKv(JOURNAL)) ?? { data: {}, version: 0 };
  } catch (error) {
    if (isTashikaError(error, 'VAULT_REFUSED')) return { data: {}, version: 0 };
    throw error;
  }
}

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { TashikaError } from '@tashika/shared/errors';
import type { Settings, SimSettings } from './account/index.ts';
import { readKept, replaceKept } from './kept-file.ts';

const FORMAT = 1;

/** The file, which its owner alone can read: it holds secrets. */
interface Kept {
  readonly format: number;
  readonly groups: Settings['groups'];
  readonly credentials: Settings['credentials'];
  readonly sims: Readonly<Record<string, SimSettings>>;
}

/** Keeps an account's settings in a directory, all of them in one file. */
export class Store {
  readonly #path: string;

  constructor(directory: string) {
    mkdirSync(directory, { recursive: true });
    this.#path = join(directory, 'account.json');
  }

  /**
   * The settings of the last run; undefined where there was none.
   *
   * @throws TashikaError CONFIG_INVALID when the file is there but can't be read as settings
   */
  read(): Settings | undefined {
    const text = readKept(this.#path);
    if (text === undefined) return undefined;
    try {
      const { format, groups, credentials, sims } = JSON.parse(text) as Kept;
      if (format === FORMAT && Array.isArray(groups) && Array.isArray(credentials))
        return { groups, credentials, sims: new Map(Object.entries(sims)) };
    } catch {
      // Told below, without the cause: it may quote the file, and the file holds secrets.
    }
    throw new TashikaError('CONFIG_INVALID', `${this.#path} holds no account; delete it to have a new one made.`);
  }

  /** A crash leaves the former settings or these. */
  keep(settings: Settings): void {
    const { groups, credentials, sims } = settings;
    const kept: Kept = { format: FORMAT, groups, credentials, sims: Object.fromEntries(sims) };
    replaceKept(this.#path, `${JSON.stringify(kept, null, 1)}\n`);
  }
}

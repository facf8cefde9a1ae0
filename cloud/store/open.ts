import { TashikaError } from '@tashika/shared/errors';
import type { Clock } from '@tashika/shared/time';
import { storeUrlProblems } from '../config/store-url.ts';
import { migrate } from './migrate.ts';
import { openPglite } from './pglite.ts';
import { openPostgres } from './postgres.ts';
import type { Logger, Store } from './store.ts';

/**
 * Opens the database at `url` and brings its schema up to date.
 *
 * @param url `pglite:<directory>`, `pglite:memory`, or `postgres://…`
 * @throws TashikaError CONFIG_INVALID for another url, STORE_UNAVAILABLE, STORE_SCHEMA_NEWER,
 *   DATA_DIRECTORY_IN_USE, DATA_DIRECTORY_UNWRITABLE
 */
export async function openStore(url: string, { logger, clock }: { logger: Logger; clock?: Clock }): Promise<Store> {
  const store = await connect(url, logger, clock);
  try {
    await migrate(store, logger);
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

function connect(url: string, logger: Logger, clock: Clock | undefined): Promise<Store> {
  const [problem] = storeUrlProblems(url);
  if (problem !== undefined) throw new TashikaError('CONFIG_INVALID', problem);
  if (!url.startsWith('pglite:')) return openPostgres(url, logger, clock);
  const directory = url.slice('pglite:'.length);
  return openPglite(directory === 'memory' ? null : directory, logger, clock);
}

import { TashikaError } from '@tashika/shared/errors';
import { storeUrlProblems } from '../config/store-url.ts';
import { migrate } from './migrate.ts';
import { openPglite } from './pglite.ts';
import { openPostgres, type PostgresOptions } from './postgres.ts';
import type { Store } from './store.ts';

/**
 * Opens the database at `url` and brings its schema up to date.
 *
 * @param url `pglite:<directory>`, `pglite:memory`, or `postgres://…`
 * @param options `login` and `loginRefused` are a server's
 * @throws TashikaError CONFIG_INVALID for another url, STORE_UNAVAILABLE, STORE_SCHEMA_NEWER,
 *   DATA_DIRECTORY_IN_USE, DATA_DIRECTORY_UNWRITABLE
 */
export async function openStore(url: string, options: PostgresOptions): Promise<Store> {
  const store = await connect(url, options);
  try {
    await migrate(store, options.logger);
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

function connect(url: string, options: PostgresOptions): Promise<Store> {
  const [problem] = storeUrlProblems(url);
  if (problem !== undefined) throw new TashikaError('CONFIG_INVALID', problem);
  if (!url.startsWith('pglite:')) return openPostgres(url, options);
  const directory = url.slice('pglite:'.length);
  return openPglite(directory === 'memory' ? null : directory, options.logger, options.clock);
}

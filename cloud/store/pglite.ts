import { join } from 'node:path';
import { PGlite, type Transaction } from '@electric-sql/pglite';
import { takeDataDirectory } from '@tashika/shared/data-directory';
import { messageOf, TashikaError } from '@tashika/shared/errors';
import { type Clock, systemClock } from '@tashika/shared/time';
import type { Logger, Parameter, Queryable, Store, Unsubscribe } from './store.ts';
import { startUpkeep } from './upkeep.ts';

const BYTEA = 17;
const NUMERIC = 1700;

const parsers = {
  [BYTEA]: (text: string) => Buffer.from(text.slice(2), 'hex'),
  [NUMERIC]: Number,
};

/**
 * PostgreSQL in this process, kept in `directory`, or in memory where it is null. One process at a time.
 * It survives a kill at any instant, but it never flushes to the disk: a power cut may cost the last seconds, or
 * the database. Where that matters, a PostgreSQL server is the answer.
 *
 * @param blank what a new database begins with, as `dumpDataDir` gives it; left out: it is made, which takes seconds
 * @throws TashikaError DATA_DIRECTORY_IN_USE, DATA_DIRECTORY_UNWRITABLE, STORE_UNAVAILABLE
 */
export async function openPglite(
  directory: string | null,
  logger: Logger,
  clock: Clock = systemClock,
  blank?: Blob,
): Promise<Store> {
  const open = async (dataDir: string | undefined, unlock: () => Promise<void>) => {
    const database = await create(dataDir, blank);
    return storeOver(database, startUpkeep(database, clock, logger), unlock);
  };
  if (directory === null) return open(undefined, async () => {});
  const lock = await takeDataDirectory(directory);
  try {
    return await open(join(directory, 'pgdata'), lock.release);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function create(dataDir: string | undefined, blank: Blob | undefined): Promise<PGlite> {
  try {
    return await PGlite.create({
      ...(dataDir !== undefined && { dataDir }),
      ...(blank !== undefined && { loadDataDir: blank }),
      parsers,
    });
  } catch (cause) {
    const place = dataDir ?? 'memory';
    throw new TashikaError('STORE_UNAVAILABLE', `PGlite does not open in ${place}: ${messageOf(cause)}`, { cause });
  }
}

function storeOver(database: PGlite, endUpkeep: () => Promise<void>, unlock: () => Promise<void>): Store {
  let closing: Promise<void> | undefined;
  return {
    driver: 'pglite',
    ...queryableOver(database),
    transaction: (work) => database.transaction((transaction) => work(queryableOver(transaction))),
    async listen(channel, callback): Promise<Unsubscribe> {
      const unlisten = await database.listen(channel, callback);
      return async () => {
        if (!database.closed) await unlisten();
      };
    },
    close() {
      closing ??= endUpkeep()
        .then(() => database.close())
        .finally(unlock);
      return closing;
    },
  };
}

function queryableOver(database: Pick<Transaction, 'query' | 'exec'>): Queryable {
  return {
    async query<Row>(sql: string, parameters: readonly Parameter[] = []) {
      return (await database.query<Row>(sql, parameters as unknown[])).rows;
    },
    async script(sql) {
      await database.exec(sql);
    },
  };
}

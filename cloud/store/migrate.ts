import { TashikaError } from '@tashika/shared/errors';
import { migrations as landed, type Migration } from './migrations/index.ts';
import type { Logger, Store } from './store.ts';

/** Any constant serves; this one only has to differ from other programs' locks in the same database. */
const MIGRATION_LOCK = 7_402_158_301;

/**
 * Brings the schema to the program's version, one transaction a step. Programs that start together on one
 * database take turns by an advisory lock.
 *
 * @throws TashikaError STORE_SCHEMA_NEWER if the database has steps that this program does not know
 */
export async function migrate(store: Store, logger: Logger, steps: readonly Migration[] = landed): Promise<void> {
  while (await applyNext(store, logger, steps));
}

/** True while there may be another step to take. */
function applyNext(store: Store, logger: Logger, steps: readonly Migration[]): Promise<boolean> {
  return store.transaction(async (transaction) => {
    await transaction.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    // Not `IF NOT EXISTS`: that takes the right to make tables even where there is nothing to make.
    const [there] = await transaction.query(`SELECT WHERE to_regclass('schema_migration') IS NOT NULL`);
    if (!there)
      await transaction.script(`CREATE TABLE schema_migration (
        id integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`);
    const [latest] = await transaction.query<{ id: number }>('SELECT coalesce(max(id), 0) AS id FROM schema_migration');
    const version = latest?.id ?? 0;
    const known = steps.at(-1)?.id ?? 0;
    if (version > known) {
      throw new TashikaError(
        'STORE_SCHEMA_NEWER',
        `the database has schema ${version}, this program knows ${known}: run a newer program`,
      );
    }
    const next = steps.find((step) => step.id > version);
    if (!next) return false;
    await transaction.script(`SET LOCAL statement_timeout = 0; ${next.sql}`); // a large table takes its time
    await transaction.query('INSERT INTO schema_migration (id, name) VALUES ($1, $2)', [next.id, next.name]);
    logger.info({ schema: next.id, name: next.name }, 'the schema moved on');
    return true;
  });
}

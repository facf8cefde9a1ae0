import { openStore, type Store } from '@tashika/cloud/store';
import { UNSTORABLE_STREAM } from './device.ts';
import { prepareLooks } from './shown.ts';

/** One database for all schedules. */
export interface ModelStore {
  readonly store: Store;
  /** Forgets all rows, as if the schema had just been made. */
  empty(): Promise<void>;
  close(): Promise<void>;
}

/** Rows that are deleted stay in the way of later ones until they are truncated, which costs more than deleting. */
const TRUNCATE_EVERY = 50;

/**
 * A PGlite in memory, which runs one transaction after the other: how two of them meet in the middle is what the tests
 * with a PostgreSQL server are for.
 */
export async function openModelStore(): Promise<ModelStore> {
  const store = await openStore('pglite:memory', { logger: { debug() {}, info() {}, warn() {}, error() {} } });
  await store.script(`ALTER TABLE ledger ADD CHECK (stream <> '${UNSTORABLE_STREAM}')`);
  await prepareLooks(store);
  const rows = await store.query<{ name: string }>(
    `SELECT tablename AS name FROM pg_tables
      WHERE schemaname = 'public' AND tablename NOT IN ('schema_migration', 'change_cursor') ORDER BY 1`,
  );
  const tables = rows.map(({ name }) => name);
  let emptied = 0;
  return {
    store,
    async empty() {
      const truncates = emptied++ % TRUNCATE_EVERY === 0;
      const rest = truncates
        ? `TRUNCATE ${tables.join(', ')}`
        : tables.map((table) => `DELETE FROM ${table}`).join(';');
      await store.script(`${rest}; UPDATE change_cursor SET id = 0`);
    },
    close: () => store.close(),
  };
}

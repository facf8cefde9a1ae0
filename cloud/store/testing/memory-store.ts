import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { PGlite } from '@electric-sql/pglite';
import type { Clock } from '@tashika/shared/time';
import { migrate } from '../migrate.ts';
import { openPglite } from '../pglite.ts';
import type { Logger, Store } from '../store.ts';

const KEPT = fileURLToPath(new URL('../../../node_modules/.cache/tashika-pglite/', import.meta.url));

let blank: Promise<Blob> | undefined;

/** An empty store in memory with the newest schema, in a sixth of the time that `pglite:memory` takes. */
export async function openMemoryStore({ logger, clock }: { logger: Logger; clock?: Clock }): Promise<Store> {
  const store = await openBlankPglite(logger, clock);
  await migrate(store, logger);
  return store;
}

/** An empty database in memory, without a schema. */
export async function openBlankPglite(logger: Logger, clock?: Clock): Promise<Store> {
  blank ??= blankDatabase();
  return openPglite(null, logger, clock, await blank);
}

/** Made once a version of PGlite, which takes seconds, and kept for the test files to come. */
async function blankDatabase(): Promise<Blob> {
  const path = `${KEPT}blank-${await versionOfPglite()}.tar`;
  const kept = await readFile(path).catch(() => undefined);
  if (kept) return new Blob([kept]);
  const database = await PGlite.create();
  const made = await database.dumpDataDir('none');
  await database.close();
  await mkdir(KEPT, { recursive: true });
  // Renamed into place: another test file may be doing the same.
  await writeFile(`${path}.${process.pid}`, Buffer.from(await made.arrayBuffer()));
  await rename(`${path}.${process.pid}`, path);
  return made;
}

async function versionOfPglite(): Promise<string> {
  const file = new URL('../package.json', import.meta.resolve('@electric-sql/pglite'));
  return (JSON.parse(await readFile(file, 'utf8')) as { version: string }).version;
}

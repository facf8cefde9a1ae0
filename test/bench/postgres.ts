import { chmodSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { type Postgres, startPostgres as startServer } from '../rig/postgres.ts';

/** A PostgreSQL server of this machine, as durable as one in production: fsync and synchronous_commit are on. */
export type BenchServer = Pick<Postgres, 'createDatabase' | 'stop'>;

/** What an operator of a server this size would set; durability is PostgreSQL's default, on. */
const SETTINGS = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  shared_buffers: '1GB',
  max_wal_size: '4GB',
  jit: 'off',
};

/** Starts it with its data in `directory`; `stop` leaves nothing of it. */
export async function startPostgres(directory: string): Promise<BenchServer> {
  const data = join(directory, 'postgres');
  chmodSync(directory, 0o755); // as root, the server runs as a user of its own
  const server = await startServer({ directory: data, settings: SETTINGS });
  return {
    createDatabase: () => server.createDatabase(),
    async stop() {
      await server.stop();
      await rm(data, { recursive: true, force: true });
    },
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

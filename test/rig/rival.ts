import pg from 'pg';
import { onTestFinished } from 'vitest';
import type { Cluster } from './cluster.ts';
import { until } from './until.ts';

/** A session of somebody else on the cluster's database, which holds rows that the workers need. */
export class Rival {
  readonly #client: pg.Client;

  private constructor(client: pg.Client) {
    this.#client = client;
  }

  static async open(cluster: Cluster): Promise<Rival> {
    const client = new pg.Client({ connectionString: cluster.databaseUrl, application_name: 'rival' });
    client.on('error', () => {}); // tests end the server under it
    await client.connect();
    onTestFinished(() => client.end());
    return new Rival(client);
  }

  async begin(...statements: readonly string[]): Promise<void> {
    for (const statement of ['BEGIN', ...statements]) await this.#client.query(statement);
  }

  async query(sql: string): Promise<void> {
    await this.#client.query(sql);
  }

  async rollback(): Promise<void> {
    await this.#client.query('ROLLBACK');
  }
}

/** Waits until `count` sessions whose application's name starts with `application` wait for a lock with a statement that contains `sql`. */
export async function untilWaiting(cluster: Cluster, count: number, sql: string, application = 'worker-') {
  await until(`${count} sessions to wait in a statement with ${sql}`, async () => {
    const waiting = await cluster.query(
      `SELECT pid FROM pg_stat_activity
        WHERE datname = current_database() AND starts_with(application_name, $1) AND wait_event_type = 'Lock'
          AND position($2 IN query) > 0`,
      [application, sql],
    );
    return waiting.length >= count;
  });
}

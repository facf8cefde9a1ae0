import { messageOf, TashikaError } from '@tashika/shared/errors';
import pg from 'pg';
import type { DatabaseLogin, Logger } from './store.ts';

/** SQLSTATE `invalid_authorization_specification` and `invalid_password`: also of a user that has been dropped. */
const REFUSED_LOGINS = ['28000', '28P01'];

export interface PoolOptions {
  /** What all connections share; the login is added. */
  readonly connection: pg.PoolConfig & { readonly connectionString: string };
  readonly logger: Logger;
  /** How long the server may take to answer a first statement. */
  readonly answerWithinMs: number;
  /** Called when the server refuses the login. */
  readonly loginRefused?: (() => void) | undefined;
}

interface Pool {
  readonly pool: pg.Pool;
  /** Who has a connection of it, or waits for one. */
  uses: number;
  ended: Promise<void> | undefined;
}

/**
 * Connections to a server under a login that can change: what has begun ends on the connections of the login before,
 * which are closed when the last of it is done; what begins from then on has those of the new one.
 */
export class LoginPool {
  readonly #options: PoolOptions;
  #login: DatabaseLogin | undefined;
  #current: Pool;
  readonly #all = new Set<Pool>();
  #closed = false;

  private constructor(options: PoolOptions, login: DatabaseLogin | undefined, first: Pool) {
    this.#options = options;
    this.#login = login;
    this.#current = first;
    this.#all.add(first);
  }

  /** @throws TashikaError STORE_UNAVAILABLE if the server does not answer now, or not to this login */
  static async open(options: PoolOptions, login: DatabaseLogin | undefined): Promise<LoginPool> {
    return new LoginPool(options, login, await answering(options, login));
  }

  /** How a connection apart from the pool is made now. */
  get connection(): pg.ClientConfig {
    return configOf(this.#options, this.#login);
  }

  /** @throws TashikaError STORE_UNAVAILABLE; the login before is used on then */
  async changeLogin(login: DatabaseLogin): Promise<void> {
    const pool = await answering(this.#options, login);
    if (this.#closed) return void pool.pool.end();
    const before = this.#current;
    this.#all.add(pool);
    this.#current = pool;
    this.#login = login;
    this.#endIfUnused(before);
  }

  /** Lends the pool of the present login for one piece of work. */
  async use<Result>(work: (pool: pg.Pool) => Promise<Result>): Promise<Result> {
    const pool = this.#current;
    pool.uses++;
    try {
      return await work(pool.pool);
    } catch (error) {
      if (isRefusedLogin(error) && pool === this.#current) this.#options.loginRefused?.();
      throw error;
    } finally {
      pool.uses--;
      this.#endIfUnused(pool);
    }
  }

  /** Closes the connections, those of former logins too, when what uses them is done. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#all].map((pool) => this.#end(pool)));
  }

  /** A pool that ends serves nobody who waits for a connection, so it ends only when nobody does. */
  #endIfUnused(pool: Pool): void {
    if (pool !== this.#current && pool.uses === 0) void this.#end(pool);
  }

  #end(pool: Pool): Promise<void> {
    pool.ended ??= pool.pool.end().then(() => {
      this.#all.delete(pool);
    });
    return pool.ended;
  }
}

async function answering(options: PoolOptions, login: DatabaseLogin | undefined): Promise<Pool> {
  const { logger, answerWithinMs } = options;
  const pool = new pg.Pool(configOf(options, login));
  // An idle connection that breaks is replaced by the pool; unhandled, its error would end the process.
  pool.on('error', (error) => logger.warn({ error: messageOf(error) }, 'an idle database connection broke'));
  pool.on('connect', (client) => client.on('error', () => {})); // one that breaks in use fails its statement
  try {
    await pool.query({ text: 'SELECT 1', query_timeout: answerWithinMs } as pg.QueryConfig);
    return { pool, uses: 0, ended: undefined };
  } catch (cause) {
    await pool.end();
    throw new TashikaError('STORE_UNAVAILABLE', `the database does not answer: ${messageOf(cause)}`, { cause });
  }
}

/** The client takes a user beside the address only if the address says nothing of one, so it is written into it. */
function configOf({ connection }: PoolOptions, login: DatabaseLogin | undefined): pg.PoolConfig {
  if (!login) return connection;
  const url = new URL(connection.connectionString);
  url.searchParams.set('user', login.user);
  url.searchParams.set('password', login.password);
  return { ...connection, connectionString: url.href };
}

function isRefusedLogin(error: unknown): boolean {
  return REFUSED_LOGINS.includes(String((error as { code?: unknown } | null)?.code));
}

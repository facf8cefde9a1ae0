import { createHash } from 'node:crypto';
import { messageOf } from '@tashika/shared/errors';
import { type Clock, systemClock } from '@tashika/shared/time';
import pg from 'pg';
import { type Subscription, subscribe } from './postgres-listen.ts';
import { LoginPool } from './postgres-pool.ts';
import type { DatabaseLogin, Logger, Parameter, Queryable, Store } from './store.ts';

const BIGINT = 20;
const BIGINT_ARRAY = 1016;
const TEXT_ARRAY = 1009 as Parameters<typeof pg.types.getTypeParser>[0];
const NUMERIC = 1700;
const CONNECT_TIMEOUT_MS = 10_000;
/** A server that has not answered by then is taken for gone, though its connection may look alive. */
const ANSWER_WITHIN_MS = 30_000;
/**
 * Sooner than that, the server itself ends a statement of a transaction: one that waits for a lock would not see that its
 * client is gone, and each new try would leave one more of them behind.
 */
const ENDED_WITHIN_MS = 25_000;
/** A worker that is paused in the middle of a transaction would hold its locks, and with them every other worker. */
const IDLE_IN_TRANSACTION_MS = 5000;
const BEGIN = `BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL statement_timeout = ${ENDED_WITHIN_MS}`;
/** SQLSTATE `read_only_sql_transaction`. */
const READ_ONLY_TRANSACTION = '25006';
/** SQLSTATE `feature_not_supported`: also what a prepared statement fails with whose tables were altered since. */
const NOT_SUPPORTED = '0A000';
/** A connection never forgets a statement that it has prepared. */
const MOST_PREPARED = 100;

const parsers = new Map<number, (text: string) => unknown>([
  [BIGINT, parseBigint],
  [BIGINT_ARRAY, parseBigints],
  [NUMERIC, Number],
]);

const types = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    parsers.get(oid) ?? pg.types.getTypeParser(oid, format as 'text'),
};

function parseBigint(text: string): number | bigint {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
}

function parseBigints(text: string): (number | bigint | null)[] {
  const texts = pg.types.getTypeParser(TEXT_ARRAY, 'text')(text) as (string | null)[];
  return texts.map((each) => (each === null ? null : parseBigint(each)));
}

export interface PostgresOptions {
  readonly logger: Logger;
  readonly clock?: Clock | undefined;
  /** Who the program is, where the connection string does not say it. */
  readonly login?: DatabaseLogin | undefined;
  /** Called when the server refuses the login. */
  readonly loginRefused?: (() => void) | undefined;
}

/**
 * A PostgreSQL server by its connection string, through a pool. Statements fail while the server is away and
 * work again when it is back; subscriptions reconnect by themselves.
 *
 * @throws TashikaError STORE_UNAVAILABLE if the server does not answer now
 */
export async function openPostgres(
  url: string,
  { logger, clock = systemClock, login, loginRefused }: PostgresOptions,
): Promise<Store> {
  const connection = {
    connectionString: url,
    types,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    max: 10,
    application_name: 'tashika',
  };
  const pool = await LoginPool.open({ connection, logger, answerWithinMs: ANSWER_WITHIN_MS, loginRefused }, login);
  const subscriptions = new Set<Subscription>();
  const names = new StatementNames();
  let closing: Promise<void> | undefined;

  async function close(): Promise<void> {
    await Promise.all([...subscriptions].map((each) => each.end()));
    await pool.close();
  }

  return {
    driver: 'postgres',
    query: (sql, parameters) => pool.use((client) => queryableOver(client).query(sql, parameters)),
    script: (sql) => pool.use((client) => queryableOver(client).script(sql)),
    transaction: (work) => pool.use((client) => inTransaction(client, names, work)),
    async listen(channel, callback) {
      const subscription = await subscribe({
        connection: () => pool.connection,
        channel,
        callback,
        logger,
        clock,
        answerWithinMs: ANSWER_WITHIN_MS,
      });
      subscriptions.add(subscription);
      return async () => {
        if (subscriptions.delete(subscription)) await subscription.end();
      };
    },
    async changeLogin(another) {
      await pool.changeLogin(another);
      // One that can't move yet goes on over its old connection, and by the new login when that breaks.
      const moved = await Promise.allSettled([...subscriptions].map((each) => each.moveOver()));
      for (const each of moved)
        if (each.status === 'rejected')
          logger.warn({ error: messageOf(each.reason) }, 'a subscription stays with the former login until it breaks');
    },
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

async function inTransaction<Result>(
  pool: pg.Pool,
  names: StatementNames,
  work: (transaction: Queryable) => Promise<Result>,
): Promise<Result> {
  const client = await pool.connect();
  try {
    await client.query(timed(BEGIN));
    const result = await work(queryableOver(client, names));
    await client.query(timed('COMMIT'));
    client.release();
    return result;
  } catch (error) {
    // A connection that cannot roll back is not fit for the next one.
    const broken = await client.query(timed('ROLLBACK')).then(
      () => false,
      () => true,
    );
    client.release(broken || isOfTheSession(error));
    throw error;
  }
}

/** With `names`, statements that take parameters are prepared once a connection, so that they are not parsed each time. */
function queryableOver(client: pg.Pool | pg.PoolClient, names?: StatementNames): Queryable {
  return {
    async query<Row>(sql: string, parameters: readonly Parameter[] = []) {
      const name = parameters.length > 0 ? names?.of(sql) : undefined;
      const statement = { ...timed(sql), values: parameters as unknown[], ...(name !== undefined && { name }) };
      return (await client.query(statement)).rows as Row[];
    },
    async script(sql) {
      await client.query(sql);
    },
  };
}

/**
 * Whether another session may do what this one cannot. The session of a server that became a standby, or of a database
 * that was full, stays read only when that is over; a prepared statement whose tables were altered stays unfit.
 */
function isOfTheSession(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return code === READ_ONLY_TRANSACTION || code === NOT_SUPPORTED;
}

/** The names under which statements are prepared: the same text, the same name. */
class StatementNames {
  readonly #names = new Map<string, string>();

  /** Undefined for a text beyond the first `MOST_PREPARED`. */
  of(sql: string): string | undefined {
    const known = this.#names.get(sql);
    if (known !== undefined || this.#names.size >= MOST_PREPARED) return known;
    const name = `tashika_${createHash('sha256').update(sql).digest('hex').slice(0, 32)}`;
    this.#names.set(sql, name);
    return name;
  }
}

function timed(text: string): pg.QueryConfig & { query_timeout: number } {
  return { text, query_timeout: ANSWER_WITHIN_MS };
}

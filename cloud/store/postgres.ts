import { createHash } from 'node:crypto';
import { messageOf, TashikaError } from '@tashika/shared/errors';
import { type Clock, systemClock } from '@tashika/shared/time';
import pg from 'pg';
import type { Logger, Parameter, Queryable, Store, Unsubscribe } from './store.ts';

const BIGINT = 20;
const BIGINT_ARRAY = 1016;
const TEXT_ARRAY = 1009 as Parameters<typeof pg.types.getTypeParser>[0];
const NUMERIC = 1700;
const LISTEN_RETRY_MS = 500;
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

/**
 * A PostgreSQL server by its connection string, through a pool. Statements fail while the server is away and
 * work again when it is back; subscriptions reconnect by themselves.
 *
 * @throws TashikaError STORE_UNAVAILABLE if the server does not answer now
 */
export async function openPostgres(url: string, logger: Logger, clock: Clock = systemClock): Promise<Store> {
  const connection = {
    connectionString: url,
    types,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
  };
  const pool = new pg.Pool({ ...connection, max: 10, application_name: 'tashika' });
  // An idle connection that breaks is replaced by the pool; unhandled, its error would end the process.
  pool.on('error', (error) => logger.warn({ error: messageOf(error) }, 'an idle database connection broke'));
  pool.on('connect', (client) => client.on('error', () => {})); // one that breaks in use fails its statement
  try {
    await pool.query('SELECT 1');
  } catch (cause) {
    await pool.end();
    throw new TashikaError('STORE_UNAVAILABLE', `the database does not answer: ${messageOf(cause)}`, { cause });
  }
  const subscriptions = new Set<Unsubscribe>();
  const names = new StatementNames();
  let closing: Promise<void> | undefined;
  return {
    driver: 'postgres',
    ...queryableOver(pool),
    async transaction(work) {
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
    },
    async listen(channel, callback) {
      const stop = await subscribe(connection, channel, callback, logger, clock);
      const unsubscribe = async () => {
        if (subscriptions.delete(unsubscribe)) await stop();
      };
      subscriptions.add(unsubscribe);
      return unsubscribe;
    },
    close() {
      closing ??= Promise.all([...subscriptions].map((unsubscribe) => unsubscribe())).then(() => pool.end());
      return closing;
    },
  };
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

/** A connection that listens. */
interface Listener {
  readonly client: pg.Client;
  /** Resolves when the connection is gone, with why if that is known. */
  readonly lost: Promise<Error | undefined>;
}

/** One connection of its own per subscription; a broken one is replaced until the subscription ends. */
async function subscribe(
  connection: pg.ClientConfig,
  channel: string,
  callback: (payload: string) => void,
  logger: Logger,
  clock: Clock,
): Promise<Unsubscribe> {
  const stopped = new AbortController();
  let current: pg.Client | undefined;

  async function connect(): Promise<Listener> {
    const client = new pg.Client(connection);
    const lost = new Promise<Error | undefined>((resolve) => {
      client.on('error', resolve);
      client.on('end', () => resolve(undefined));
    });
    client.on('notification', (message) => {
      if (!stopped.signal.aborted) callback(message.payload ?? '');
    });
    current = client;
    try {
      await client.connect();
      stopped.signal.throwIfAborted();
      await client.query(timed(`LISTEN ${pg.escapeIdentifier(channel)}`));
      return { client, lost };
    } catch (error) {
      end(client);
      throw error;
    }
  }

  /** Undefined when the subscription ended meanwhile. */
  async function reconnect(): Promise<Listener | undefined> {
    while (!stopped.signal.aborted) {
      try {
        await clock.sleep(LISTEN_RETRY_MS, stopped.signal);
        const listener = await connect();
        if (!stopped.signal.aborted) callback(''); // what was notified meanwhile is gone
        return listener;
      } catch (error) {
        if (!stopped.signal.aborted) logger.debug({ channel, error: messageOf(error) }, 'cannot listen yet');
      }
    }
    return undefined;
  }

  async function keepListening(first: Listener): Promise<void> {
    for (let listener: Listener | undefined = first; listener; listener = await reconnect()) {
      const error = await listener.lost;
      if (stopped.signal.aborted) return;
      logger.warn({ channel, error: error && messageOf(error) }, 'the connection that listens broke; reconnecting');
      end(listener.client);
    }
  }

  void keepListening(await connect());
  return async () => {
    stopped.abort(new Error('unsubscribed'));
    await current?.end().catch(() => {});
  };
}

/** Closes a connection that may be broken, and so never answer. */
function end(client: pg.Client): void {
  client.end().catch(() => {});
}

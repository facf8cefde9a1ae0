/**
 * What a statement may take. Objects are not among them on purpose: JSON goes in as text (`$1::jsonb` with
 * `JSON.stringify`), because the two drivers disagree on what an object is. Arrays are one-dimensional, and
 * their elements are never bytes.
 */
export type Parameter = string | number | bigint | boolean | Date | Uint8Array | null | readonly Parameter[];

/**
 * Something that runs SQL. Both drivers answer with the same JavaScript values:
 *
 * | SQL                    | JavaScript                                            |
 * |------------------------|-------------------------------------------------------|
 * | `bigint`               | number while it is a safe integer, else bigint        |
 * | `numeric`              | number (so `sum(bigint)` is a number)                 |
 * | `timestamptz`          | Date                                                  |
 * | `bytea`                | Buffer                                                |
 * | `int8multirange`       | text, as `formatMultirange` of shared/sequence writes |
 * | `json`, `jsonb`        | the parsed value                                      |
 * | an array of the above  | an array                                              |
 */
export interface Queryable {
  /** Runs one statement; answers its rows (none for a statement without RETURNING). */
  query<Row = Record<string, unknown>>(sql: string, parameters?: readonly Parameter[]): Promise<Row[]>;
  /** Runs several statements that take no parameters, such as a migration. */
  script(sql: string): Promise<void>;
}

/** Ends a subscription; idempotent. */
export type Unsubscribe = () => Promise<void>;

/** Who the program is to a database server. */
export interface DatabaseLogin {
  readonly user: string;
  readonly password: string;
}

/** The database: PGlite in the process, or a PostgreSQL server. */
export interface Store extends Queryable {
  readonly driver: 'pglite' | 'postgres';
  /**
   * Runs `work` in one READ COMMITTED transaction: committed when it resolves, rolled back when it throws.
   * On PGlite, statements of others wait until it is over, so `work` must use `transaction` alone.
   */
  transaction<Result>(work: (transaction: Queryable) => Promise<Result>): Promise<Result>;
  /**
   * Calls `callback` with the payload of every NOTIFY on `channel`. An empty payload means that the connection
   * was lost for a while and something may have been missed: look for yourself.
   */
  listen(channel: string, callback: (payload: string) => void): Promise<Unsubscribe>;
  /**
   * Only on a server: goes on as another user. What has begun ends over the connections of the one before, which are
   * closed then; subscriptions move over, told by an empty payload.
   *
   * @throws TashikaError STORE_UNAVAILABLE if the server does not let that user in; the one before stays then
   */
  changeLogin?(login: DatabaseLogin): Promise<void>;
  /** Ends running statements and lets go of the data directory; idempotent. */
  close(): Promise<void>;
}

/** The part of pino's interface that the cloud's modules log by. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrate } from './migrate.ts';
import { migrations } from './migrations/index.ts';
import { openStore } from './open.ts';
import { type PostgresServer, startPostgresServer } from './postgres-server.ts';
import type { Logger, Store } from './store.ts';

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };

describe('the store', () => {
  let server: PostgresServer | undefined;
  beforeAll(async () => {
    server = await startPostgresServer();
  });
  afterAll(() => server?.stop());

  describe('on PGlite', () => behavesLikeAStore(async () => 'pglite:memory'));
  describe('on a PostgreSQL server', () => behavesLikeAStore(async () => server?.createDatabase()));

  it('refuses a url of another database, without showing its password', async () => {
    await expect(openStore('mysql://me:secret@host/db', { logger: silent })).rejects.toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.not.stringContaining('secret') }),
    );
  });

  it('says that a server does not answer', async () => {
    await expect(openStore('postgres://nobody@127.0.0.1:1/none', { logger: silent })).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
    });
  });

  it('lets programs that start together on one server migrate it once', async ({ skip }) => {
    if (!server) return skip();
    const url = await server.createDatabase();
    const stores = await Promise.all([1, 2, 3].map(() => openStore(url, { logger: silent })));
    expect(await stores[0]!.query('SELECT id FROM schema_migration ORDER BY id')).toEqual(
      migrations.map(({ id }) => ({ id })),
    );
    await Promise.all(stores.map((store) => store.close()));
  });

  it('does not let a worker that is paused in a transaction hold its locks for ever', async ({ skip }) => {
    if (!server) return skip();
    const store = await openStore(await server.createDatabase(), { logger: silent });
    expect(await store.query('SHOW idle_in_transaction_session_timeout')).toEqual([
      { idle_in_transaction_session_timeout: '5s' },
    ]);
    await store.close();
  });

  it('has the server end a statement that waits too long, before the client gives it up and leaves it behind', async ({
    skip,
  }) => {
    if (!server) return skip();
    const store = await openStore(await server.createDatabase(), { logger: silent });
    const bound = 'SHOW statement_timeout';
    expect(await store.transaction((transaction) => transaction.query(bound))).toEqual([{ statement_timeout: '25s' }]);
    expect(await store.query(bound)).toEqual([{ statement_timeout: '0' }]);
    await store.close();
  });

  it('fails a transaction whose connection is cut, and works on', async ({ skip }) => {
    if (!server) return skip();
    const store = await openStore(await server.createDatabase(), { logger: silent });
    const cut = store.transaction(async (transaction) => {
      const [me] = await transaction.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      await store.query('SELECT pg_terminate_backend($1)', [me!.pid]);
      await transaction.query('SELECT 1');
    });
    await expect(cut).rejects.toThrow();
    expect(await store.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await store.close();
  });

  it('takes another session after one that turned out to be read only, for that lasts as long as the session', async ({
    skip,
  }) => {
    if (!server) return skip();
    const store = await openStore(await server.createDatabase(), { logger: silent });
    await store.query('SET default_transaction_read_only = on');
    const write = () => store.transaction((transaction) => transaction.query('UPDATE change_cursor SET id = id'));
    await expect(write()).rejects.toThrow('read-only');
    await write();
    await store.close();
  });

  it('prepares what a transaction asks once a connection, and takes another connection when a table was altered since', async ({
    skip,
  }) => {
    if (!server) return skip();
    const store = await openStore(await server.createDatabase(), { logger: silent });
    await store.script('CREATE TABLE altered (a int4); INSERT INTO altered VALUES (1)');
    const read = () =>
      store.transaction(async (transaction) => {
        const rows = await transaction.query('SELECT * FROM altered WHERE a = $1', [1]);
        const prepared = await transaction.query(
          `SELECT statement FROM pg_prepared_statements WHERE statement LIKE '%altered%'`,
        );
        return { rows, prepared };
      });
    const expected = { prepared: [{ statement: 'SELECT * FROM altered WHERE a = $1' }] };
    expect([await read(), await read()]).toEqual([
      { rows: [{ a: 1 }], ...expected },
      { rows: [{ a: 1 }], ...expected },
    ]);
    await store.script('ALTER TABLE altered ADD COLUMN b int4 DEFAULT 2');
    await expect(read()).rejects.toMatchObject({ code: '0A000' });
    expect(await read()).toEqual({ rows: [{ a: 1, b: 2 }], ...expected });
    await store.close();
  });

  it('listens again when the server has cut the connection, and says that something may have been missed', async ({
    skip,
  }) => {
    if (!server) return skip();
    const store = await openStore(await server.createDatabase(), { logger: silent });
    const heard: string[] = [];
    let wake = () => {};
    await store.listen('news', (payload) => {
      heard.push(payload);
      wake();
    });
    const next = () => new Promise<void>((resolve) => (wake = resolve));
    const reconnected = next();
    await store.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE 'LISTEN%'`,
    );
    await reconnected;
    const notified = next();
    await store.query(`SELECT pg_notify('news', 'after')`);
    await notified;
    expect(heard).toEqual(['', 'after']);
    await store.close();
  });

  it('listens by one connection when that breaks again before it listens', async ({ skip }) => {
    if (!server) return skip();
    const direct = await server.createDatabase();
    const cutter = await startCutter(Number(new URL(direct).port));
    const through = new URL(direct);
    through.port = String(cutter.port);
    const [store, sender] = await Promise.all([through.href, direct].map((url) => openStore(url, { logger: silent })));
    const heard: string[] = [];
    let wake = () => {};
    await store!.listen('news', (payload) => {
      heard.push(payload);
      wake();
    });
    const next = () => new Promise<void>((resolve) => (wake = resolve));
    const reconnected = next();
    cutter.cutAllAndTheNextThatListens();
    await reconnected;
    const notified = next();
    await sender!.query(`SELECT pg_notify('news', 'after')`);
    await notified;
    expect(heard).toEqual(['', 'after']);
    expect(cutter.listens).toBe(3); // at first, the one that was cut, the one that stayed
    await store!.close();
    await untilNobodyListens(sender!); // or the test's time is over: a connection was left behind
    await sender!.close();
    cutter.stop();
  });
});

/** The server ends the session of a connection that was closed a moment later. */
async function untilNobodyListens(store: Store): Promise<void> {
  while ((await store.query(LISTENERS)).length > 0);
}

const LISTENERS = `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'`;

/** A way to the server that can be cut: all connections now, and the next one at the moment when it is to listen. */
async function startCutter(serverPort: number) {
  const sockets = new Set<Socket>();
  let cutting = false;
  let listens = 0;
  const proxy = createServer((near) => {
    const far = createConnection(serverPort, '127.0.0.1');
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        near.destroy();
        far.destroy();
      });
    }
    near.on('data', (bytes) => {
      if (bytes.includes('LISTEN')) {
        listens++;
        if (cutting) {
          cutting = false;
          near.destroy();
          return;
        }
      }
      far.write(bytes);
    });
    far.pipe(near);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return {
    port: (proxy.address() as AddressInfo).port,
    get listens() {
      return listens;
    },
    cutAllAndTheNextThatListens() {
      cutting = true;
      for (const socket of sockets) socket.destroy();
    },
    stop: () => proxy.close(),
  };
}

function behavesLikeAStore(newUrl: () => Promise<string | undefined>): void {
  let store: Store;
  let available = false;
  beforeAll(async () => {
    const url = await newUrl();
    if (url === undefined) return;
    store = await openStore(url, { logger: silent });
    available = true;
  });
  afterAll(async () => {
    if (available) await store.close();
  });

  function itDoes(sentence: string, test: () => Promise<void>): void {
    it(sentence, async ({ skip }) => (available ? await test() : skip()));
  }

  itDoes('answers with the same JavaScript values whatever the driver', async () => {
    const [row] = await store.query(`
      SELECT 7::int8 AS safe, 9007199254740993::int8 AS huge, sum(n) AS total, array[1, 2]::int8[] AS numbers,
             '\\x00ff'::bytea AS bytes, '{[1,4),[9,12)}'::int8multirange AS ranges, '{"a": [1]}'::jsonb AS json,
             '2026-01-02T03:04:05.678Z'::timestamptz AS at, true AS yes, 1.5::float8 AS half,
             array['a', 'b,"c', null] AS texts, NULL::int8 AS nothing
        FROM (VALUES (1::int8), (2)) AS v (n)`);
    expect(row).toStrictEqual({
      safe: 7,
      huge: 9007199254740993n,
      total: 3,
      numbers: [1, 2],
      bytes: Buffer.from([0, 255]),
      ranges: '{[1,4),[9,12)}',
      json: { a: [1] },
      at: new Date('2026-01-02T03:04:05.678Z'),
      yes: true,
      half: 1.5,
      texts: ['a', 'b,"c', null],
      nothing: null,
    });
  });

  itDoes('takes parameters of every kind, and arrays of them', async () => {
    const [row] = await store.query(
      `SELECT $1::int8 AS number, $2::int8 AS big, $3::text AS text, $4::boolean AS yes, $5::timestamptz AS at,
              $6::bytea AS bytes, $7::text[] AS texts, $8::float8[] AS floats, $9::int8multirange AS ranges`,
      [
        1,
        9007199254740993n,
        'ä"\\東',
        true,
        new Date(1_700_000_000_123),
        new Uint8Array([1, 0, 2]),
        ['a"b', 'c\\,{}', '', null, 'NULL'],
        [1.5, Number.NaN, Number.POSITIVE_INFINITY, -1e308],
        '{[1,3)}',
      ],
    );
    expect(row).toStrictEqual({
      number: 1,
      big: 9007199254740993n,
      text: 'ä"\\東',
      yes: true,
      at: new Date(1_700_000_000_123),
      bytes: Buffer.from([1, 0, 2]),
      texts: ['a"b', 'c\\,{}', '', null, 'NULL'],
      floats: [1.5, Number.NaN, Number.POSITIVE_INFINITY, -1e308],
      ranges: '{[1,3)}',
    });
  });

  itDoes('commits a transaction whole, or not at all', async () => {
    await store.script('CREATE TABLE kept (n integer)');
    await store.transaction((transaction) => transaction.query('INSERT INTO kept VALUES (1)'));
    const failing = store.transaction(async (transaction) => {
      await transaction.query('INSERT INTO kept VALUES (2)');
      throw new Error('the process changed its mind');
    });
    await expect(failing).rejects.toThrow('changed its mind');
    expect(await store.query('SELECT n FROM kept')).toEqual([{ n: 1 }]);
  });

  itDoes('works on after a statement that failed', async () => {
    const failing = store.transaction((transaction) => transaction.query('SELECT 1 / 0'));
    await expect(failing).rejects.toMatchObject({ code: '22012' });
    expect(await store.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  itDoes('hears what is notified once it is committed', async () => {
    let hear = (_payload: string) => {};
    const heard = new Promise<string>((resolve) => (hear = resolve));
    await store.listen('news', (payload) => hear(payload));
    await store.transaction((transaction) => transaction.query(`SELECT pg_notify('news', '42')`));
    expect(await heard).toBe('42');
  });

  itDoes('hears nothing after it has unsubscribed', async () => {
    const heard: string[] = [];
    const unsubscribe = await store.listen('quiet', (payload) => heard.push(payload));
    await unsubscribe();
    await unsubscribe();
    let pass = () => {};
    const fence = new Promise<void>((resolve) => (pass = resolve));
    await store.listen('fence', () => pass());
    await store.query(`SELECT pg_notify('quiet', 'lost')`);
    await store.query(`SELECT pg_notify('fence', '')`);
    await fence;
    expect(heard).toEqual([]);
  });

  itDoes('takes each step of the schema once', async () => {
    await migrate(store, silent);
    expect(await store.query('SELECT id FROM schema_migration ORDER BY id')).toEqual(
      migrations.map(({ id }) => ({ id })),
    );
  });

  itDoes('leaves the schema as it was when a step fails', async () => {
    const broken = [...migrations, { id: 999, name: 'broken', sql: 'CREATE TABLE half (n integer); SELECT 1 / 0' }];
    await expect(migrate(store, silent, broken)).rejects.toThrow(/division by zero/);
    expect(await store.query(`SELECT to_regclass('half') AS half`)).toEqual([{ half: null }]);
  });

  itDoes('refuses a database that a newer program has migrated', async () => {
    await store.query(`INSERT INTO schema_migration (id, name) VALUES (1000, 'from the future')`);
    await expect(migrate(store, silent)).rejects.toMatchObject({ code: 'STORE_SCHEMA_NEWER' });
    await store.query('DELETE FROM schema_migration WHERE id = 1000');
  });
}

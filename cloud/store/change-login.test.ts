import { TestClock } from '@tashika/shared/time';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { openStore, type Store } from './index.ts';
import { type PostgresServer, startPostgresServer } from './postgres-server.ts';

const logger = { debug() {}, info() {}, warn() {}, error() {} };
const server = await startPostgresServer();

describe.skipIf(!server)('a store whose user changes', () => {
  let administrator: pg.Client;
  let url: URL;
  let store: Store;
  let clock: TestClock;
  let refused: number;

  beforeAll(async () => {
    url = new URL(await (server as PostgresServer).createDatabase());
    administrator = new pg.Client({ connectionString: url.href });
    await administrator.connect();
    await administrator.query('CREATE ROLE tashika_owner NOLOGIN; GRANT ALL ON SCHEMA public TO tashika_owner');
    for (const name of ['first', 'second', 'third'])
      await administrator.query(
        `CREATE ROLE ${name} LOGIN PASSWORD '${name} password' IN ROLE tashika_owner; ALTER ROLE ${name} SET role = 'tashika_owner'`,
      );
    url.username = '';
    url.password = '';
  });

  afterAll(async () => {
    await administrator?.end();
    await server?.stop();
  });

  const login = (user: string) => ({ user, password: `${user} password` });

  beforeEach(async () => {
    refused = 0;
    clock = new TestClock();
    store = await openStore(url.href, {
      logger,
      clock,
      login: login('first'),
      loginRefused: () => refused++,
    });
  });

  afterEach(() => store.close());

  async function userOf(queryable: Pick<Store, 'query'> = store): Promise<string> {
    return (await queryable.query<{ user: string }>('SELECT session_user AS user'))[0]!.user;
  }

  /** The users that have sessions in the database, once those that are ending have. */
  async function sessionsWithout(user: string): Promise<string[]> {
    for (;;) {
      const { rows } = await administrator.query<{ usename: string }>(
        `SELECT DISTINCT usename FROM pg_stat_activity WHERE datname = current_database() AND usename <> 'postgres'`,
      );
      const users = rows.map(({ usename }) => usename);
      if (!users.includes(user)) return users.sort();
    }
  }

  it('ends what has begun as the former user, and begins the rest as the new one', async () => {
    let goOn: () => void = () => {};
    const begun = store.transaction(async (transaction) => {
      const before = await userOf(transaction);
      await new Promise<void>((resolve) => {
        goOn = resolve;
      });
      return [before, await userOf(transaction)];
    });
    while (
      (await administrator.query(`SELECT FROM pg_stat_activity WHERE state = 'idle in transaction'`)).rowCount === 0
    );
    await store.changeLogin!(login('second'));
    expect(await userOf()).toBe('second');
    expect(await store.transaction((transaction) => userOf(transaction))).toBe('second');
    goOn();
    expect(await begun).toEqual(['first', 'first']);
    expect(await sessionsWithout('first')).toEqual(['second']);
  });

  it('serves those who wait for one of too few connections', async () => {
    const many = Array.from({ length: 40 }, () => store.transaction((transaction) => userOf(transaction)));
    await store.changeLogin!(login('second'));
    expect(new Set(await Promise.all(many))).toEqual(new Set(['first']));
    expect(await sessionsWithout('first')).toEqual(['second']);
  });

  it('stays with a user that works when the new one does not', async () => {
    await expect(store.changeLogin!({ user: 'second', password: 'wrong' })).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringMatching(/password authentication failed for user "second"/),
    });
    expect(await userOf()).toBe('first');
  });

  it('says when its user is refused, as one that was dropped is', async () => {
    await administrator.query(`ALTER ROLE first PASSWORD 'another'`);
    await administrator.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'first'`);
    while (refused === 0) await userOf().catch(() => {});
    await administrator.query(`ALTER ROLE first PASSWORD 'first password'`);
    expect(await userOf()).toBe('first');
  });

  it('listens on as the new user: nothing is missed, and nothing is told twice', async () => {
    const heard: string[] = [];
    const unlisten = await store.listen('change', (payload) => heard.push(payload));
    let payload = 0;
    const notify = () => administrator.query(`NOTIFY change, '${payload++}'`);
    while (payload < 20) await notify();
    let changed = false;
    const notifying = (async () => {
      while (!changed) await notify();
    })();
    for (const user of ['third', 'second', 'third', 'second']) await store.changeLogin!(login(user));
    changed = true;
    await notifying;
    const last = payload;
    await notify();
    while (heard.at(-1) !== String(last)) await userOf();
    expect(await sessionsWithout('third')).toEqual(['second']);
    const told = heard.filter((each) => each !== '').map(Number);
    expect(told.slice(0, 20)).toEqual(Array.from({ length: 20 }, (_, index) => index));
    expect(told).toEqual([...new Set(told)].sort((one, other) => one - other));
    expect(heard.filter((each) => each === '')).toHaveLength(4); // once for each change: look for yourself
    await unlisten();
  });

  it('listens again when the connection before breaks while a new one is tried in vain', async () => {
    const heard: string[] = [];
    const unlisten = await store.listen('change', (payload) => heard.push(payload));
    const { query } = pg.Client.prototype;
    const tried = vi.spyOn(pg.Client.prototype, 'query').mockImplementation(function (
      this: pg.Client,
      ...given: unknown[]
    ) {
      const { text = '' } = given[0] as { text?: string };
      return text.startsWith('LISTEN') ? breaks() : Reflect.apply(query, this, given);
    });
    async function breaks(): Promise<never> {
      tried.mockRestore();
      await administrator.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'first'`);
      await sessionsWithout('first');
      throw new Error('the server restarts');
    }
    await store.changeLogin!(login('second'));
    while (!heard.includes('again')) {
      await clock.advance(1000);
      await administrator.query(`NOTIFY change, 'again'`);
    }
    expect(await userOf()).toBe('second');
    await unlisten();
  });
});

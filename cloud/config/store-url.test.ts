import { describe, expect, it } from 'vitest';
import { storeUrlProblems } from './store-url.ts';

describe('the address of a store', () => {
  it.each([
    'pglite:memory',
    'pglite:/var/lib/tashika',
    'postgres://host/tashika',
    'postgresql://me:p%40ss@db.example:5433/tashika?sslmode=verify-full',
    'postgres://me@[::1]:5432/tashika',
    'postgres:///tashika?host=/run/postgresql',
    'postgres://%2Frun%2Fpostgresql/tashika',
  ])('may be %s', (url) => {
    expect(storeUrlProblems(url)).toEqual([]);
  });

  it.each([
    ['localhost/tashika', 'must be pglite:<directory> or postgres://'],
    ['mysql://me:hush@host/db', 'must be pglite:<directory> or postgres://'],
    ['postgres:/host/db', 'must be pglite:<directory> or postgres://'],
    ['pglite:', 'must be pglite:<directory> or postgres://'],
    ['postgres://me:hush#1@host/db', 'is no URL'],
    ['postgres://me:hush@host:fivethousand/db', 'is no URL'],
    ['postgres://me:hush@host:70000/db', 'is no URL'],
    ['postgres://me:hush@ho st/db', 'is no URL'],
    ['postgres://me:hush@one,two/db', 'must name one host, and it names one,two'],
  ])('may not be %s', (url, problem) => {
    expect(storeUrlProblems(url)).toEqual([expect.stringContaining(`store.url ${problem}`)]);
    expect(String(storeUrlProblems(url))).not.toContain('hush');
  });
});
